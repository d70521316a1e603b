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

/** What the columns of a task's line take, and the least that is left for why it faulted. */
const lineColumns = 74
const factColumnsMin = 40

interface UnderWay {
  readonly name: string
  readonly depth: number
  readonly kind: string
  readonly since: number
  mentioned: boolean
}

/** Shows a run until the function that comes back is called. `write` gets whole lines. */
export function showLive(
  run: Pick<LiveRun, 'listen'>,
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
    const depth = depthBelow(underWay, task.path)
    underWay.set(task.path, { name: task.name, kind: task.kind, depth, since: at, mentioned: false })
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
    event.outcome.status === 'faulted' ? io.style('red', `  ${briefly(event.outcome.error, io)}`) : ''
  return `${sign} ${name.padEnd(34)} ${io.style('dim', task.kind.padEnd(12))} ${status.padEnd(10)} ${io.style('dim', took.padStart(8))}${why}`
}

/** The first line of what happened, within the width that is left; the whole of it comes at the end of the run. */
function briefly({ detail, title }: { detail?: string; title?: string }, io: Terminal): string {
  const [first = ''] = (detail ?? title ?? '').split('\n')
  return clip(first, Math.max(factColumnsMin, io.columns - lineColumns))
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

/** One more than the nearest task around it, which is under way for as long as this one is. */
function depthBelow(underWay: ReadonlyMap<string, UnderWay>, path: string): number {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const around = underWay.get(path.slice(0, end))
    if (around) return around.depth + 1
  }
  return 0
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
