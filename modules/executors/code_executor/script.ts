/** Reads the arguments of `run.script`, all expressions evaluated. What it gives is complete; it runs nothing. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { asText, readReturn, readScalar, wrongArgument, type ReturnMode } from '@nexus/sdk/process'
import type { Language, Script } from './sandbox.ts'

/** What a script is given, besides its code and its files. */
export type ScriptData = Pick<Script, 'arguments' | 'variables' | 'stdin' | 'environment'>

export interface ScriptTask {
  readonly language: Language
  readonly code: CodePlace
  readonly script: ScriptData
  readonly returns: ReturnMode
  readonly isAwaited: boolean
}

export type CodePlace =
  | { readonly kind: 'inline'; readonly code: string }
  | { readonly kind: 'at'; readonly url: URL }

export function readScript(input: Json): ScriptTask {
  const script = isJsonObject(input) ? input['script'] : undefined
  if (!isJsonObject(input) || !isJsonObject(script))
    throw wrongArgument('script', 'an object with a `language`')
  return {
    language: readLanguage(script['language'] ?? null),
    code: readCode(script),
    script: readData(script),
    returns: readReturn(input['return'] ?? 'stdout'),
    isAwaited: input['await'] !== false,
  }
}

export function readData({ arguments: given = [], stdin, environment = {} }: JsonObject): ScriptData {
  return {
    arguments: Array.isArray(given)
      ? given.map((value: Json, at) => readScalar(value, `script.arguments[${at}]`))
      : [],
    variables: Array.isArray(given) ? {} : readVariables(given),
    stdin: stdin === undefined || stdin === null ? undefined : asText(stdin),
    environment: readEnvironment(environment),
  }
}

const languages: Readonly<Record<string, Language>> = {
  js: 'javascript',
  javascript: 'javascript',
  python: 'python',
}

export function readLanguage(value: Json): Language {
  const language = typeof value === 'string' && Object.hasOwn(languages, value) ? languages[value] : undefined
  if (language !== undefined) return language
  throw TaskFault.of(
    'configuration',
    `No sandbox for scripts in ${JSON.stringify(value)}. Languages: js, javascript, python. Others run in a container.`,
  )
}

function readCode({ code, source }: JsonObject): CodePlace {
  if (typeof code === 'string' && source === undefined) return { kind: 'inline', code }
  if (code !== undefined || !isJsonObject(source))
    throw wrongArgument('script', 'given either `code` or `source`')
  const endpoint = source['endpoint']
  if (isJsonObject(endpoint) && endpoint['authentication'] !== undefined) {
    throw TaskFault.of(
      'configuration',
      'A script’s source with authentication is not supported. Fetch it in a task of its own.',
    )
  }
  const uri = isJsonObject(endpoint) ? endpoint['uri'] : endpoint
  const url = typeof uri === 'string' ? URL.parse(uri) : null
  if (url && ['http:', 'https:', 'file:'].includes(url.protocol)) return { kind: 'at', url }
  throw TaskFault.of(
    'configuration',
    `A script’s source must be an http, https or file URL, not ${JSON.stringify(uri)}.`,
  )
}

/** The older form of `arguments`: a map whose names become variables of the script. */
function readVariables(given: Json): JsonObject {
  if (!isJsonObject(given)) throw wrongArgument('script.arguments', 'a list, or a map of variables')
  for (const name of Object.keys(given)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw wrongArgument(`script.arguments.${name}`, 'the name of a variable')
  }
  return given
}

/** Variables that change which code runs in the process, before and beside the script. */
const refusedVariable = /^(?:NODE_(?!ENV$)|LD_|DYLD_)/

function readEnvironment(environment: Json): Record<string, string> {
  if (!isJsonObject(environment)) throw wrongArgument('script.environment', 'an object')
  const entries = Object.entries(environment).map(([name, value]): [string, string] => {
    if (refusedVariable.test(name)) {
      throw TaskFault.of(
        'configuration',
        `script.environment.${name} would change the sandbox, and is refused.`,
      )
    }
    const text = readScalar(value, `script.environment.${name}`)
    if (/^$|[=\0]/.test(name))
      throw wrongArgument(
        `script.environment.${JSON.stringify(name)}`,
        'given under a name, without = and NUL',
      )
    return [name, text]
  })
  return Object.fromEntries(entries)
}
