/**
 * Ends programs whose host has died, also those that are too busy to notice, so that nothing finds the last attempt still
 * at work. One small shell for each host or runner, started with its first program: it is told which groups are alive, and when its
 * standard input ends, which a SIGKILL of the host cannot prevent, it kills those that still are. With a group it may be told
 * the mark of those that left it (see `descendants.ts`). On Windows there is none.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import { controlGroupsFolder } from './control_group.ts'

const script = `
known=' '
while read -r sign group; do
  case $sign in
    watch) known="$known$group " ;;
    forget) known="\${known%% $group *} \${known#* $group }" ;;
  esac
done
for group in $known; do kill -KILL "-\${group%%=*}"; done
if [ -n "$1" ]; then
  for group in $known; do
    all="$1/nexus-\${group#*=}"
    [ -d "$all" ] && echo 1 >"$all/cgroup.kill" && for pass in 1 2 3 4 5 6 7 8 9; do rmdir "$all" && break; sleep 0.05; done
  done 2>/dev/null
fi
case $known in *=*) ;; *) exit ;; esac
for pass in 1 2 3; do
  for process in /proc/[0-9]*; do
    for mark in $(tr '\\0' '\\n' 2>/dev/null <"$process/environ" | sed -n 's/^NEXUS_PROCESS=//p'); do
      case $known in *"=$mark "*) kill -KILL "\${process#/proc/}" ;; esac
    done
  done 2>/dev/null
done
`

export class Watchdog {
  #shell: ChildProcess | undefined

  watch(group: number, mark?: string): void {
    if (process.platform === 'win32') return
    this.#shell ??= startShell()
    this.#shell.stdin?.write(`watch ${wordOf(group, mark)}\n`)
  }

  /** `mark`: the same as when it was watched. */
  forget(group: number, mark?: string): void {
    this.#shell?.stdin?.write(`forget ${wordOf(group, mark)}\n`)
  }

  async stop(): Promise<void> {
    const shell = this.#shell
    this.#shell = undefined
    if (!shell || shell.exitCode !== null || shell.signalCode !== null) return
    const exited = new Promise((resolve) => void shell.once('exit', resolve))
    shell.ref()
    shell.stdin?.end()
    await exited
  }
}

function wordOf(group: number, mark: string | undefined): string {
  return mark === undefined ? String(group) : `${group}=${mark}`
}

/** In a session of its own, so that Ctrl-C at a terminal does not reach it; it never keeps the host alive. */
function startShell(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', script, 'sh', controlGroupsFolder() ?? ''], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    // For `rmdir` and `sleep`; nothing of the host's.
    env: { PATH: '/usr/bin:/bin' },
  })
  // A host without a shell works too: its programs are then not ended when it is killed.
  shell.on('error', () => undefined)
  shell.stdin?.on('error', () => undefined)
  shell.unref()
  const stdin = shell.stdin as Socket | null
  stdin?.unref()
  return shell
}
