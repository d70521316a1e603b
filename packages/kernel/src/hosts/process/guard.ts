/**
 * Ends the processes of a host that was itself killed, also those that are too busy to notice. One small shell for a
 * host, started with its first process: it is told which process groups are alive, and when its standard input ends,
 * which even a SIGKILL of the host brings about, it kills them. On Windows there is none.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'

const script = `
alive=' '
while read -r word group; do
  case $word in
    begin) alive="$alive$group " ;;
    end) alive="\${alive%% $group *} \${alive#* $group }" ;;
  esac
done
for group in $alive; do kill -KILL "-$group"; done
`

export class Guard {
  #shell: ChildProcess | undefined

  begin(group: number): void {
    if (process.platform === 'win32') return
    this.#shell ??= startShell()
    this.#shell.stdin?.write(`begin ${group}\n`)
  }

  end(group: number): void {
    this.#shell?.stdin?.write(`end ${group}\n`)
  }

  async close(): Promise<void> {
    const shell = this.#shell
    this.#shell = undefined
    if (shell === undefined || shell.exitCode !== null || shell.signalCode !== null) return
    const gone = new Promise((resolve) => void shell.once('close', resolve))
    shell.ref()
    shell.stdin?.end()
    await gone
  }
}

/** In a session of its own, out of reach of a terminal's Ctrl-C. It does not keep the host's process alive. */
function startShell(): ChildProcess {
  const shell = spawn('/bin/sh', ['-c', script], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env: {},
  })
  // Without a shell everything works but this: the processes of a host that is killed notice it themselves, or never.
  shell.on('error', () => undefined)
  shell.stdin?.on('error', () => undefined)
  if (shell.stdin instanceof Socket) shell.stdin.unref()
  shell.unref()
  return shell
}
