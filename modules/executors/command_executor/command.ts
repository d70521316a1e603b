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
  const { command, stdin } = shell
  if (typeof command !== 'string' || command === '') throw wrongArgument('shell.command', 'a text')
  return {
    text: command,
    arguments: readTexts(shell['arguments'] ?? [], 'shell.arguments'),
    stdin: stdin === undefined || stdin === null ? undefined : asText(stdin),
    environment: readEnvironment(shell['environment'] ?? {}, 'shell.environment'),
    returns: readReturn(input['return'] ?? 'stdout'),
    isAwaited: input['await'] !== false,
  }
}

export function readTexts(value: Json, place: string): readonly string[] {
  if (!Array.isArray(value)) throw wrongArgument(place, 'a list')
  return value.map((text: Json, index) => readScalar(text, `${place}[${index}]`))
}

export function readEnvironment(value: Json, place: string): Readonly<Record<string, string>> {
  if (!isJsonObject(value)) throw wrongArgument(place, 'an object')
  return Object.fromEntries(
    Object.entries(value).map(([name, text]) => {
      if (name === '' || /[=\0]/.test(name))
        throw wrongArgument(`${place}: the name ${JSON.stringify(name)}`, 'one without = and NUL')
      return [name, readScalar(text, `${place}.${name}`)]
    }),
  )
}
