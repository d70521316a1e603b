/**
 * A run as it happens: a line a task when it ends, and below them, on a terminal, what is under way and for how long.
 */
import type { LiveRun, RunEvent } from '@nexus/nexus'
import type { Clock } from '@nexus/sdk'
import { clip, formatDuration, statusSign } from './format.ts'
import type { Terminal } from './terminal.ts'

/** How often the line below is drawn anew. */
const redrawMs = 100
/** After this a task that is still under way is mentioned where nothing can be drawn. */
const mentionAfterMs = 1_000

interface UnderWay {
  readonly name: string
  readonly depth: number
  readonly kind: string
  readonly since: number
  mentioned: boolean
}

/** Shows a run until the function that comes back is called. `write` gets whole lines. */
export function showLive(
  run: LiveRun,
  io: Terminal,
  clock: Clock,
  write: (text: string) => void,
): () => void {
  const underWay = new Map<string, UnderWay>()
  let footer = false
  const clear = (): void => {
    if (footer) write('\r\u001B[2K')
    footer = false
  }
  const show = (event: RunEvent): void => {
    if (event.type === 'task.started') begin(event.at, event.task)
    if (event.type !== 'task.ended') return
    if (event.started) begin(event.started.at, event.started.task)
    clear()
    finish(event)
  }
  const begin = (at: number, task: { path: string; name: string; kind: string }): void => {
    underWay.set(task.path, {
      name: task.name,
      kind: task.kind,
      depth: depthOf(task.path),
      since: at,
      mentioned: false,
    })
  }
  const finish = (event: RunEvent & { type: 'task.ended' }): void => {
    const task = underWay.get(event.path)
    underWay.delete(event.path)
    if (!task || event.outcome.status === 'skipped') return
    write(`${lineOf(task, event, io)}\n`)
  }
  const redraw = (): void => {
    clear()
    const leaves = [...underWay].filter(
      ([path]) => ![...underWay.keys()].some((other) => other.startsWith(`${path}/`)),
    )
    const now = clock.now()
    if (io.interactive)
      footer = drawFooter(
        leaves.map(([, task]) => task),
        now,
        io,
        write,
      )
    else
      mention(
        leaves.map(([, task]) => task),
        now,
        write,
      )
  }
  const stopListening = run.listen(show)
  const stopTicking = every(redrawMs, clock, redraw)
  return () => {
    stopListening()
    stopTicking()
    clear()
  }
}

function lineOf(task: UnderWay, event: RunEvent & { type: 'task.ended' }, io: Terminal): string {
  const { status } = event.outcome
  const sign = statusSign(io, status === 'skipped' ? 'completed' : status)
  const name = `${'  '.repeat(task.depth)}${task.name}`
  const took = formatDuration(event.at - task.since)
  const why =
    event.outcome.status === 'faulted'
      ? io.style('red', `  ${event.outcome.error.detail ?? event.outcome.error.title ?? ''}`)
      : ''
  return `${sign} ${name.padEnd(34)} ${io.style('dim', task.kind.padEnd(12))} ${status.padEnd(10)} ${io.style('dim', took.padStart(8))}${why}`
}

function drawFooter(
  tasks: readonly UnderWay[],
  now: number,
  io: Terminal,
  write: (text: string) => void,
): boolean {
  if (tasks.length === 0) return false
  const text = tasks.map((task) => `${task.name} ${formatDuration(now - task.since)}`).join(' · ')
  write(io.style('cyan', clip(`▸ ${text}`, io.columns - 1)))
  return true
}

function mention(tasks: readonly UnderWay[], now: number, write: (text: string) => void): void {
  for (const task of tasks) {
    if (task.mentioned || now - task.since < mentionAfterMs) continue
    task.mentioned = true
    write(
      `▸ ${'  '.repeat(task.depth)}${task.name.padEnd(34 - 2 * task.depth)} ${task.kind.padEnd(12)} running\n`,
    )
  }
}

/** How many tasks are around this one: each has a list keyword, an index and a name before it. */
function depthOf(path: string): number {
  return Math.max(0, Math.floor(path.split('/').length / 4))
}

function every(intervalMs: number, clock: Clock, callback: () => void): () => void {
  let stop = (): void => {}
  const arm = (): void => {
    stop = clock.timer(intervalMs, () => {
      callback()
      arm()
    })
  }
  arm()
  return () => stop()
}
