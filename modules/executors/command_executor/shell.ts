/** How the system's shell is called, and what it says when it does not find a command. */
import type { Policy } from '@nexus/sdk'
import { realpath } from 'node:fs/promises'
import type { Command } from './command.ts'
import { judge } from './program/find.ts'

const posixShell = '/bin/sh'

/** `sh -c`, so that the arguments are $1, $2…; on Windows `cmd /c`, which has them after the command. */
export function shellInvocation(
  command: Pick<Command, 'text' | 'arguments'>,
  platform: NodeJS.Platform = process.platform,
): { program: string; arguments: readonly string[] } {
  if (platform === 'win32') {
    return { program: 'cmd.exe', arguments: ['/d', '/s', '/c', command.text, ...command.arguments] }
  }
  return { program: posixShell, arguments: ['-c', command.text, 'sh', ...command.arguments] }
}

/** Whoever may run a shell may run anything: a list of programs has it, or there is no `run.shell`. Rejects with `TaskFault`. */
export async function judgeShell(programs: Policy['programs'], host = process.env): Promise<void> {
  if (programs.allow === undefined && programs.deny.length === 0) return
  const path = process.platform === 'win32' ? (host['ComSpec'] ?? 'cmd.exe') : posixShell
  const real = await realpath(path).catch(() => path)
  await judge(path, { path, real }, { programs, operatorPath: host['PATH'] ?? '/usr/bin:/bin' })
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
