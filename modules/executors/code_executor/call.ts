/** Reads the arguments of `code.run`: a script with files, limits and network of its own. It runs nothing. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { profiles, type Profile } from './boxes.ts'
import { readMachineFile } from './machine_files.ts'
import type { Language, ScriptLimits } from './sandbox.ts'
import { readData, readLanguage, type CodePlace, type ScriptData } from './script.ts'
import { megabyteBytes } from './settings.ts'

export interface CodeCall {
  readonly language: Language
  readonly profile: Profile | undefined
  readonly code: CodePlace
  readonly script: ScriptData
  readonly inputs: readonly { name: string; content: Json }[]
  readonly outputs: readonly string[]
  readonly network: readonly string[]
  readonly limits: ScriptLimits
}

export function readCall(input: Json, limitsMax: ScriptLimits): CodeCall {
  if (!isJsonObject(input)) throw wrong('with', 'an object with a language and code')
  const { code, file, inputs = {}, outputs = [], network = [], limits = {} } = input
  if ((typeof code === 'string') === (typeof file === 'string')) throw wrong('code', 'given, or else file')
  if (!isJsonObject(inputs)) throw wrong('inputs', 'a map of names to contents')
  return {
    language: readLanguage(input['language'] ?? null),
    profile: readProfile(input['profile'], 'profile'),
    code: typeof code === 'string' ? { kind: 'inline', code } : { kind: 'at', url: readUrl(file ?? null) },
    script: readData(input),
    inputs: readInputNames(Object.keys(inputs)).map((name) => ({ name, content: inputs[name] ?? null })),
    outputs: readTexts(outputs, 'outputs').map((name) => readName(name, 'outputs')),
    network: readTexts(network, 'network'),
    limits: readCallLimits(limits, limitsMax),
  }
}

export function readProfile(value: Json | undefined, place: string): Profile | undefined {
  if (value === undefined) return undefined
  const profile = profiles.find((known) => known === value)
  if (profile === undefined) throw wrong(place, `one of ${profiles.join(', ')}`)
  return profile
}

/** The bytes of an input: a text as it is, `{base64}` decoded, `{path}` a file of the machine, anything else as JSON. */
export async function readInput(
  content: Json,
  allowed: { folders: readonly string[]; bytesMax: number },
): Promise<Uint8Array> {
  if (typeof content === 'string') return Buffer.from(content)
  if (!isJsonObject(content)) return Buffer.from(JSON.stringify(content))
  const { base64, path } = content
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64')
  if (typeof path !== 'string') return Buffer.from(JSON.stringify(content))
  return readMachineFile(path, allowed)
}

function readCallLimits(given: Json, most: ScriptLimits): ScriptLimits {
  if (!isJsonObject(given)) throw wrong('limits', 'an object')
  const timeoutMs = readLimit(given, 'timeout_ms', most.timeoutMs, 1)
  return {
    timeoutMs,
    cpuMs: readLimit(given, 'cpu_ms', most.cpuMs, 1),
    memoryBytes: readLimit(given, 'memory_mb', most.memoryBytes, megabyteBytes),
    outputBytes: readLimit(given, 'output_mb', most.outputBytes, megabyteBytes),
    scratchBytes: readLimit(given, 'scratch_mb', most.scratchBytes, megabyteBytes),
  }
}

function readLimit(given: JsonObject, key: string, most: number, unit: number): number {
  const value = given[key]
  if (value === undefined) return most
  if (typeof value !== 'number' || !(value > 0)) throw wrong(`limits.${key}`, 'a number above 0')
  if (value * unit > most) throw wrong(`limits.${key}`, `at most ${most / unit}, which the operator allows`)
  return Math.ceil(value * unit)
}

/** What file systems take, of a name and of a path. */
const [nameBytesMax, pathBytesMax] = [255, 1024]

/** No file may be where another needs a folder. */
function readInputNames(names: readonly string[]): string[] {
  const known = new Set(names)
  for (const name of names) {
    const steps = readName(name, 'inputs').split('/')
    const folder = steps.map((_, at) => steps.slice(0, at).join('/')).find((above) => known.has(above))
    if (folder !== undefined)
      throw wrong(`inputs.${JSON.stringify(name)}`, `elsewhere, since ${JSON.stringify(folder)} is a file`)
  }
  return [...names]
}

/** The name of a file in the script's folder: relative, and not out of it. */
function readName(name: string, place: string): string {
  const steps = name.split('/')
  const isPlain = steps.every(
    (step) => step !== '' && step !== '.' && step !== '..' && Buffer.byteLength(step) <= nameBytesMax,
  )
  const isWhole = name.isWellFormed() && Buffer.byteLength(name) <= pathBytesMax
  if (isPlain && isWhole && !/[\0\\]/.test(name)) return name
  throw wrong(`${place}.${JSON.stringify(name)}`, 'the name of a file below the script’s folder')
}

function readTexts(value: Json, place: string): string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value
  throw wrong(place, 'a list of texts')
}

function readUrl(file: Json): URL {
  const url = typeof file === 'string' ? URL.parse(file) : null
  if (url && ['http:', 'https:', 'file:'].includes(url.protocol)) return url
  throw wrong('file', 'an http, https or file URL')
}

function wrong(place: string, expected: string): TaskFault {
  return TaskFault.of('validation', `code.run: ${place} must be ${expected}.`)
}
