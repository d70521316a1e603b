/** Reads the arguments of `run.shell`, all expressions evaluated. What it gives is complete; it runs nothing. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'
import { returnModes, type ReturnMode } from '@nexus/sdk/process'

export interface Command {
  readonly text: string
  readonly arguments: readonly string[]
  readonly stdin: string | undefined
  readonly environment: Readonly<Record<string, string>>
  readonly returns: ReturnMode
  readonly isAwaited: boolean
}

export function readCommand(input: Json): Command {
  const shell = isJsonObject(input) ? input['shell'] : undefined
  if (!isJsonObject(input) || !isJsonObject(shell)) throw wrong('shell', 'an object with a `command`')
  const { command, stdin, environment = {} } = shell
  if (typeof command !== 'string' || command === '') throw wrong('shell.command', 'a text')
  if (!isJsonObject(environment)) throw wrong('shell.environment', 'an object')
  return {
    text: command,
    arguments: readArguments(shell['arguments'] ?? []),
    stdin: stdin === undefined || stdin === null ? undefined : asText(stdin),
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, scalar(value, `shell.environment.${name}`)]),
    ),
    returns: readReturn(input['return'] ?? 'stdout'),
    isAwaited: input['await'] !== false,
  }
}

function readArguments(value: Json): readonly string[] {
  if (!Array.isArray(value)) throw wrong('shell.arguments', 'a list')
  return value.map((argument: Json, index) => scalar(argument, `shell.arguments[${index}]`))
}

function readReturn(value: Json): ReturnMode {
  const mode = returnModes.find((known) => known === value)
  if (mode === undefined) throw wrong('return', `one of ${returnModes.join(', ')}`)
  return mode
}

/** A text, number or boolean as the system takes it: neither a list nor a character that ends it early. */
function scalar(value: Json, place: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') throw wrong(place, 'a text, a number or a boolean')
  if (value.includes('\0')) throw wrong(place, 'a text without NUL characters')
  return value
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function wrong(place: string, expected: string): TaskFault {
  return TaskFault.of('validation', `run: ${place} must be ${expected}.`)
}
