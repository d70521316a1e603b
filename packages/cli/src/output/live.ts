/**
 * A run as it happens: a line a task when it ends, and below them, on a terminal, what is under way and for how long. On
 * a narrow terminal a line leaves out what matters least, and still is one line.
 */
import type { LiveRun, RunEvent } from '@nexus/nexus'
import type { Clock } from '@nexus/sdk'
import { formatDuration, statusSign } from './format.ts'
import { clip, plain, visibleWidth } from './terminal_text.ts'
import type { Terminal } from './terminal.ts'

/** How often the line below is drawn anew. */
const redrawMs = 100
/** After this a task that is still under way is mentioned where nothing can be drawn. */
const mentionAfterMs = 1_000

/** What the columns of a task's line take where there is room. */
const nameColumns = 34
const kindColumns = 12
const statusColumns = 10
const tookColumns = 8
const nameColumnsMin = 12
/** The least that is left for why a task faulted; with less it has a line of its own. */
const factColumnsMin = 24

interface UnderWay {
  readonly name: string
  readonly depth: number
  readonly kind: string
  readonly since: number
  mentioned: boolean
}

/** Shows a run until the function that comes back is called. */
export function showLive(run: Pick<LiveRun, 'listen'>, io: Terminal, clock: Clock): () => void {
  const underWay = new Map<string, UnderWay>()
  const show = (event: RunEvent): void => {
    if (event.type === 'task.started') begin(event.at, event.task)
    if (event.type !== 'task.ended') return
    if (event.started) begin(event.started.at, event.started.task)
    finish(event)
  }
  const begin = (at: number, task: { path: string; name: string; kind: string }): void => {
    const depth = depthBelow(underWay, task.path)
    const [name, kind] = [plain(task.name), plain(task.kind)]
    underWay.set(task.path, { name, kind, depth, since: at, mentioned: false })
  }
  const finish = (event: RunEvent & { type: 'task.ended' }): void => {
    const task = underWay.get(event.path)
    underWay.delete(event.path)
    if (!task || event.outcome.status === 'skipped') return
    io.out(`${lineOf(task, event, io)}\n`)
  }
  const redraw = (): void => {
    const paths = [...underWay.keys()]
    const leaves = [...underWay]
      .filter(([path]) => !paths.some((other) => other.startsWith(`${path}/`)))
      .map(([, task]) => task)
    const now = clock.now()
    if (io.interactive) io.status(statusLine(leaves, now, io))
    else mention(leaves, now, io)
  }
  const stopListening = run.listen(show)
  const stopTicking = every(redrawMs, clock, redraw)
  return () => {
    stopListening()
    stopTicking()
    io.status('')
  }
}

function lineOf(task: UnderWay, event: RunEvent & { type: 'task.ended' }, io: Terminal): string {
  const { outcome } = event
  const status = outcome.status === 'skipped' ? 'completed' : outcome.status
  const head = headOf(task, io, [
    status.padEnd(statusColumns),
    io.style('dim', formatDuration(event.at - task.since).padStart(tookColumns)),
  ])
  const line = `${statusSign(io, status)} ${head}`
  if (outcome.status !== 'faulted') return line
  const why = plain(outcome.error.detail ?? outcome.error.title ?? '')
  const left = io.columns - visibleWidth(line) - 3
  const place = left >= factColumnsMin || !io.interactive ? '  ' : '\n    '
  // The whole of it comes at the end of the run.
  const width = place === '  ' ? Math.max(factColumnsMin, left) : io.columns - 5
  return `${line}${io.style('red', `${place}${clip(why, width)}`)}`
}

/** The name and the kind of a task in their columns, and what else is told of it. */
function headOf({ name, kind, depth }: UnderWay, io: Terminal, [status = '', took = '']: string[]): string {
  const indented = `${'  '.repeat(depth)}${name}`
  const cells = (columns: number, ...more: readonly string[]): string =>
    [pad(io.interactive ? clip(indented, columns) : indented, columns), ...more].join(' ').trimEnd()
  const whole = cells(nameColumns, io.style('dim', kind.padEnd(kindColumns)), status, took)
  const room = io.columns - 3
  if (!io.interactive || visibleWidth(whole) <= room) return whole
  const rest = visibleWidth([status, took].join(' ')) + 1
  if (room - rest >= nameColumnsMin) return cells(Math.min(nameColumns, room - rest), status, took)
  return cells(Math.max(1, room))
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - visibleWidth(text)))
}

function statusLine(tasks: readonly UnderWay[], now: number, io: Terminal): string {
  if (tasks.length === 0) return ''
  const text = tasks.map((task) => `${task.name} ${formatDuration(now - task.since)}`).join(' · ')
  return io.style('cyan', clip(`▸ ${text}`, io.columns - 1))
}

function mention(tasks: readonly UnderWay[], now: number, io: Terminal): void {
  for (const task of tasks) {
    if (task.mentioned || now - task.since < mentionAfterMs) continue
    task.mentioned = true
    io.out(`▸ ${headOf(task, io, ['running'])}\n`)
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
