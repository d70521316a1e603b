/** Reads the arguments of `run.command`, all expressions evaluated. What it gives is complete; it runs nothing. */
import { isBlobReference, isJsonObject, type BlobReference, type Json, type JsonObject } from '@nexus/sdk'
import { asText, readScalar, returnModes, wrongArgument } from '@nexus/sdk/process'
import { readEnvironment, readTexts } from '../command.ts'
import { durationMs } from '../duration.ts'
import { readOverflow, type OverflowMode } from '../overflow.ts'

export const programReturnModes = [...returnModes, 'lines', 'json'] as const
export type ProgramReturn = (typeof programReturnModes)[number]

export interface ProgramRequest {
  readonly program: string
  readonly arguments: readonly string[]
  readonly stdin: string | BlobReference | undefined
  readonly environment: Readonly<Record<string, string>>
  /** Of the host's variables; undefined for all that the configuration allows. */
  readonly inherits: readonly string[] | undefined
  readonly folder: string | undefined
  readonly timeoutMs: number | undefined
  readonly bytesMax: number | undefined
  readonly overflow: OverflowMode | undefined
  /** The exit codes that are no fault. */
  readonly exits: readonly number[] | 'any'
  readonly returns: ProgramReturn
}

const known: readonly string[] = [
  'program',
  'arguments',
  'stdin',
  'environment',
  'inherit_environment',
  'working_directory',
  'timeout',
  'output',
  'expect_exit',
  'return',
]

export function readRequest(input: Json): ProgramRequest {
  if (!isJsonObject(input)) throw wrongArgument('with', 'an object with a `program`')
  const unknown = Object.keys(input).find((key) => !known.includes(key))
  if (unknown !== undefined) throw wrongArgument(unknown, `left out: there are ${known.join(', ')}`)
  const { stdin, inherit_environment: inherits, working_directory: folder } = input
  const returns = readProgramReturn(input['return'] ?? 'stdout')
  return {
    program: readProgram(input['program'] ?? null),
    arguments: readTexts(input['arguments'] ?? [], 'arguments'),
    stdin: readStdin(stdin),
    environment: readEnvironment(input['environment'] ?? {}, 'environment'),
    inherits: inherits === undefined ? undefined : readTexts(inherits, 'inherit_environment'),
    folder: folder === undefined ? undefined : readScalar(folder, 'working_directory'),
    timeoutMs: readTimeout(input['timeout']),
    ...readOutput(input['output'] ?? {}),
    exits: readExits(input['expect_exit'], returns),
    returns,
  }
}

/** No file that anybody means has a line end or another control character in its name. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const control = /[\u0000-\u001F\u007F]/

function readProgram(value: Json): string {
  if (typeof value !== 'string' || value === '')
    throw wrongArgument('program', 'the name or path of a program')
  if (control.test(value)) {
    const shown = JSON.stringify(value).slice(0, 100)
    throw wrongArgument(
      'program',
      `a name or path without control characters, such as line ends; this is ${shown}`,
    )
  }
  return value
}

function readStdin(value: Json | undefined): string | BlobReference | undefined {
  if (value === undefined || value === null) return undefined
  return isBlobReference(value) ? value : asText(value)
}

function readTimeout(value: Json | undefined): number | undefined {
  if (value === undefined) return undefined
  const timeoutMs = typeof value === 'number' ? value : durationMs(value, 'timeout')
  if (Number.isInteger(timeoutMs) && timeoutMs > 0) return timeoutMs
  throw wrongArgument('timeout', 'a duration, or a whole number of milliseconds above 0')
}

function readOutput(value: Json): Pick<ProgramRequest, 'bytesMax' | 'overflow'> {
  if (!isJsonObject(value)) throw wrongArgument('output', 'an object with `max_bytes` and `overflow`')
  const { max_bytes: bytesMax, overflow, ...others } = value
  const [unknown] = Object.keys(others)
  if (unknown !== undefined)
    throw wrongArgument(`output.${unknown}`, 'left out: there are max_bytes and overflow')
  if (bytesMax !== undefined && !isWhole(bytesMax))
    throw wrongArgument('output.max_bytes', 'a whole number from 0 on')
  return {
    bytesMax,
    overflow: overflow === undefined ? undefined : readOverflow(overflow, 'output.overflow'),
  }
}

function readExits(value: Json | undefined, returns: ProgramReturn): readonly number[] | 'any' {
  if (value === 'any') return 'any'
  if (value === undefined) return returns === 'code' || returns === 'all' ? 'any' : [0]
  if (Array.isArray(value) && value.length > 0 && value.every(isWhole)) return value
  throw wrongArgument('expect_exit', 'a list of exit codes, or any')
}

function readProgramReturn(value: Json): ProgramReturn {
  const mode = programReturnModes.find((each) => each === value)
  if (mode === undefined) throw wrongArgument('return', `one of ${programReturnModes.join(', ')}`)
  return mode
}

function isWhole(value: JsonObject[string]): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
