/**
 * One script in one worker: sends the job, keeps what comes back up to its limits, and ends the script when its time is
 * up, it is cancelled, or it floods. Resolves when nothing of it runs any more.
 */
import { TaskFault, type Clock, type Json, type JsonObject, isJsonObject } from '@nexus/sdk'
import type { Limit, Script, ScriptEnd, ScriptError, ScriptOptions, ScriptOutcome } from '../sandbox.ts'
import { Bytes } from './bytes.ts'
import { countThreads, meterCpu } from './cpu.ts'
import { fileFrames, frame, parseBoxJson, readFilePiece, type Frame } from './frames.ts'
import { channel, type Channel } from './output.ts'
import type { Worker } from './worker.ts'

export interface JobContext {
  readonly clock: Clock
  /** Whether this host ends the script when it has used its processor time. */
  readonly metersCpu: boolean
  /** Whether it ends the script when it has started too many threads. */
  readonly countsThreads: boolean
  /** What of this host the job may use; goes to the worker as it is. */
  readonly grants: JsonObject
  /** Answers a request of the worker for its script. */
  readonly answer?: (request: Json, signal: AbortSignal) => Promise<JsonObject>
}

export async function runInWorker(
  worker: Worker,
  { script, options, context }: { script: Script; options: ScriptOptions; context: JobContext },
): Promise<ScriptOutcome> {
  const received = new Received(script, options)
  const requests = new AbortController()
  const asked = new Requests(worker, requests.signal, context.answer)
  const ended = Promise.withResolvers<Json>()
  let raw: Json = null
  worker.listen((one) => {
    if (one.type === 'R' && worker.isRaw) raw = readResult(one)
    else if (one.type === 'R') ended.resolve(readResult(one))
    else if (one.type === 'N') asked.push(one)
    else received.take(one)
  })
  worker.send(jobFrames(script, options, context))
  if (worker.isRaw) {
    worker.feed(script.stdin ?? '')
    void worker.gone.then(() => ended.resolve(ofProcess(worker, raw)))
  }
  try {
    const cut = await firstOf(worker, { options, context, received, ended: ended.promise })
    if (cut !== undefined) await worker.stopScript(ended.promise)
    received.flush()
    options.signal.throwIfAborted()
    const result = cut === undefined ? await ended.promise : null
    return received.outcome(cut ?? endOf(worker, result), isJsonObject(result) ? result : {})
  } finally {
    requests.abort()
    worker.listen(undefined)
  }
}

function* jobFrames(script: Script, { limits }: ScriptOptions, { grants }: JobContext): Generator<Buffer> {
  const { code, place, arguments: list, variables, stdin, environment, wantsValue, outputs } = script
  const { memoryBytes, cpuMs, outputBytes, scratchBytes } = limits
  const head = {
    code,
    arguments: list,
    variables,
    environment,
    outputs,
    wants_value: wantsValue,
    ...grants,
    ...place,
    ...(stdin !== undefined && { stdin }),
    limits: {
      memory_bytes: memoryBytes,
      cpu_ms: cpuMs,
      output_bytes: outputBytes,
      scratch_bytes: scratchBytes,
    },
  }
  yield frame('J', JSON.stringify(head))
  for (const [name, content] of script.inputs) yield* fileFrames(name, content)
  yield frame('G', '')
}

/** How a script is cut short; undefined where it ends by itself, or its worker does. */
async function firstOf(
  worker: Worker,
  given: { options: ScriptOptions; context: JobContext; received: Received; ended: Promise<Json> },
): Promise<ScriptEnd | undefined> {
  const { signal, limits } = given.options
  const { promise, resolve } = Promise.withResolvers<ScriptEnd | undefined>()
  const abort = (): void => resolve({ kind: 'exited', code: 1 })
  const { timeoutMs } = limits
  const stopTimer = given.context.clock.timer(timeoutMs, () =>
    resolve({ kind: 'timed_out', afterMs: timeoutMs }),
  )
  const overCpu = (): void => resolve({ kind: 'limited', limit: 'cpu' })
  const { clock, metersCpu } = given.context
  const stopMeter =
    metersCpu && worker.pid !== undefined ? meterCpu(worker.pid, limits.cpuMs, clock, overCpu) : undefined
  const overThreads = (): void => resolve({ kind: 'limited', limit: 'threads' })
  const stopCount =
    worker.pid !== undefined && given.context.countsThreads
      ? countThreads(worker.pid, clock, overThreads)
      : undefined
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  void given.received.full.then(resolve)
  void given.ended.then(() => resolve(undefined))
  if (!worker.isRaw) void worker.gone.then(() => resolve(endOf(worker, null)))
  try {
    return await promise
  } finally {
    stopTimer()
    stopMeter?.()
    stopCount?.()
    signal.removeEventListener('abort', abort)
  }
}

const limitNames: readonly string[] = ['cpu', 'memory', 'scratch', 'threads', 'value'] satisfies Limit[]
const isLimit = (value: unknown): value is Limit => typeof value === 'string' && limitNames.includes(value)
const signalNames = [
  'SIGSEGV',
  'SIGABRT',
  'SIGBUS',
  'SIGILL',
  'SIGTRAP',
  'SIGFPE',
  'SIGSYS',
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGXCPU',
] as const

function endOf(worker: Worker, result: Json): ScriptEnd {
  if (!isJsonObject(result)) return { kind: 'killed', signal: worker.ending.signal ?? 'SIGKILL' }
  const { code, limit, signal } = result
  if (isLimit(limit)) return { kind: 'limited', limit }
  if (signal !== undefined)
    return { kind: 'killed', signal: signalNames.find((name) => name === signal) ?? 'SIGKILL' }
  return { kind: 'exited', code: typeof code === 'number' ? code : 1 }
}

/** The result of a script that was a process itself: how that ended, and the error that it told of. */
function ofProcess(worker: Worker, told: Json): Json {
  const { code, signal } = worker.ending
  const error = isJsonObject(told) && told['error'] !== undefined ? { error: told['error'] } : {}
  return { ...error, ...(code === null ? { signal: signal ?? 'SIGKILL' } : { code }) }
}

function readResult({ payload }: Frame): Json {
  try {
    return parseBoxJson(payload.toString())
  } catch {
    return null
  }
}

/** A script that asks for everything at once gets it one after the other. */
const requestsAtOnceMax = 16
/** What waits beyond is not kept: the worker that sent it looks after this number itself. */
const requestsWaitingMax = 256

/** Requests of a script that this host answers. */
class Requests {
  readonly #worker: Worker
  readonly #signal: AbortSignal
  readonly #work: JobContext['answer']
  readonly #waiting: Frame[] = []
  #underWay = 0

  constructor(worker: Worker, signal: AbortSignal, work: JobContext['answer']) {
    this.#worker = worker
    this.#signal = signal
    this.#work = work
  }

  push(request: Frame): void {
    if (!this.#work || this.#waiting.length >= requestsWaitingMax) return
    this.#waiting.push(request)
    void this.#next(this.#work)
  }

  async #next(work: NonNullable<JobContext['answer']>): Promise<void> {
    if (this.#underWay >= requestsAtOnceMax) return
    for (let next = this.#waiting.shift(); next && !this.#signal.aborted; next = this.#waiting.shift()) {
      this.#underWay++
      await this.#answer(next, work)
      this.#underWay--
    }
  }

  async #answer({ payload }: Frame, work: NonNullable<JobContext['answer']>): Promise<void> {
    const asked = readResult({ type: 'N', payload })
    if (!isJsonObject(asked) || typeof asked['id'] !== 'number') return
    const given = await work(asked['request'] ?? null, this.#signal).catch((error: unknown) => ({
      error: error instanceof Error ? error.message : String(error),
    }))
    if (!this.#signal.aborted) this.#worker.send([frame('A', JSON.stringify({ ...given, id: asked['id'] }))])
  }
}

/** What has come of a script so far. */
class Received {
  readonly full: Promise<ScriptEnd>
  readonly #fill: (end: ScriptEnd) => void
  readonly #stdout: Channel
  readonly #stderr: Channel
  readonly #value = new Bytes()
  /** By the names that were asked for; what else a worker sends is not kept. */
  readonly #files = new Map<string, Bytes>()
  readonly #wanted: ReadonlySet<string>
  readonly #limits: ScriptOptions['limits']
  #fileBytes = 0

  constructor({ outputs }: Script, { limits, onOutput }: ScriptOptions) {
    const { promise, resolve } = Promise.withResolvers<ScriptEnd>()
    this.full = promise
    this.#fill = resolve
    this.#limits = limits
    this.#wanted = new Set(outputs)
    this.#stdout = channel(limits.outputBytes, (text) => onOutput?.('stdout', text))
    this.#stderr = channel(limits.outputBytes, (text) => onOutput?.('stderr', text))
  }

  take({ type, payload }: Frame): void {
    const bytesMax = this.#limits.outputBytes
    if (type === 'O' && !this.#stdout.add(payload))
      this.#fill({ kind: 'flooded', channel: 'stdout', bytesMax })
    else if (type === 'E' && !this.#stderr.add(payload))
      this.#fill({ kind: 'flooded', channel: 'stderr', bytesMax })
    else if (type === 'V') this.#takeValue(payload)
    else if (type === 'F') this.#takeFile(payload)
  }

  flush(): void {
    this.#stdout.flush()
    this.#stderr.flush()
  }

  outcome(end: ScriptEnd, result: JsonObject): ScriptOutcome {
    const { box, error } = result
    if (typeof box === 'string')
      throw TaskFault.of('configuration', `The sandbox could not be closed: ${box}`)
    const value =
      end.kind === 'exited' && end.code === 0 && this.#value.sizeBytes > 0 ? this.#parsedValue() : undefined
    const outputs = new Map([...this.#files].map(([name, bytes]) => [name, bytes.whole()]))
    return {
      end,
      stdout: this.#stdout.text(),
      stderr: this.#stderr.text(),
      outputs,
      ...(value !== undefined && { value }),
      ...(isJsonObject(error) &&
        typeof error['message'] === 'string' && { error: readError(error, error['message']) }),
    }
  }

  #takeValue(payload: Buffer): void {
    if (this.#value.sizeBytes + payload.length <= this.#limits.outputBytes) this.#value.add(payload)
    else this.#fill({ kind: 'limited', limit: 'value' })
  }

  #takeFile(payload: Buffer): void {
    const { name, piece } = readFilePiece(payload)
    this.#fileBytes += payload.length
    if (this.#fileBytes > this.#limits.scratchBytes * 2) this.#fill({ kind: 'limited', limit: 'scratch' })
    else if (this.#wanted.has(name)) this.#bytesOf(name).add(piece)
  }

  #bytesOf(name: string): Bytes {
    const bytes = this.#files.get(name) ?? new Bytes()
    this.#files.set(name, bytes)
    return bytes
  }

  #parsedValue(): Json {
    const text = this.#value.text()
    try {
      return parseBoxJson(text)
    } catch (error) {
      if (error instanceof TaskFault) throw error
      throw TaskFault.of('runtime', 'The script’s value is not JSON.', { cause: error })
    }
  }
}

const messageCharactersMax = 4000

function readError({ line, column }: JsonObject, message: string): ScriptError {
  return {
    message: message.slice(0, messageCharactersMax),
    ...(typeof line === 'number' && { line }),
    ...(typeof column === 'number' && { column }),
  }
}
