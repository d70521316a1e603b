/** Reads the arguments of `run.shell`, all expressions evaluated. What it gives is complete; it runs nothing. */
import { isJsonObject, type Json } from '@nexus/sdk'
import { asText, readReturn, readScalar, wrongArgument, type ReturnMode } from '@nexus/sdk/process'

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
  if (!isJsonObject(input) || !isJsonObject(shell)) throw wrongArgument('shell', 'an object with a `command`')
  const { command, stdin, environment = {} } = shell
  if (typeof command !== 'string' || command === '') throw wrongArgument('shell.command', 'a text')
  if (!isJsonObject(environment)) throw wrongArgument('shell.environment', 'an object')
  return {
    text: command,
    arguments: readArguments(shell['arguments'] ?? []),
    stdin: stdin === undefined || stdin === null ? undefined : asText(stdin),
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        readScalar(value, `shell.environment.${name}`),
      ]),
    ),
    returns: readReturn(input['return'] ?? 'stdout'),
    isAwaited: input['await'] !== false,
  }
}

function readArguments(value: Json): readonly string[] {
  if (!Array.isArray(value)) throw wrongArgument('shell.arguments', 'a list')
  return value.map((argument: Json, index) => readScalar(argument, `shell.arguments[${index}]`))
}
