/** How the system's shell is called, and what it says when it does not find a command. */
import type { Command } from './command.ts'

/** `sh -c`, so that the arguments are $1, $2…; on Windows `cmd /c`, which has them after the command. */
export function shellInvocation(
  command: Pick<Command, 'text' | 'arguments'>,
  platform: NodeJS.Platform = process.platform,
): { program: string; arguments: readonly string[] } {
  if (platform === 'win32') {
    return { program: 'cmd.exe', arguments: ['/d', '/s', '/c', command.text, ...command.arguments] }
  }
  return { program: '/bin/sh', arguments: ['-c', command.text, 'sh', ...command.arguments] }
}

/** The command that was not found, from what shells say: `sh: 1: foo: not found`, `bash: line 1: foo: command not found`. */
export function missingCommand(stderr: string): string | undefined {
  for (const line of stderr.trimEnd().split('\n').toReversed()) {
    const found =
      /^\S+?: (?:(?:line )?\d+: )?(?:exec: )?(.+?): (?:command )?(?:not found|inaccessible or not found)$/.exec(
        line,
      )
    if (found?.[1] !== undefined) return found[1]
  }
  return undefined
}
