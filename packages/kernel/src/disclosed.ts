/**
 * The secrets that a module was handed at its own asking, over all its versions: masked in what it logs, prints and
 * complains of, and told to the runs whose tasks it does, which mask them in all that they record and show. It grants
 * nothing: whether a module may have a secret is for its host.
 */
import { isJsonObject, type Json, type Log, type Secrets } from '@nexus/sdk'
import { holdsMasked, maskFor, type Mask } from '@nexus/sdk/masking'

/** Of a module that asks for ever new ones, the oldest are forgotten. */
const secretsMax = 1_000
/** Shorter lines of a secret say nothing by themselves. */
const lineLengthMin = 4

type Listener = (secrets: readonly Json[]) => void

export class Disclosed {
  readonly #secrets = new Map<string, Json>()
  readonly #listeners = new Set<Listener>()
  #mask: Mask = (value) => value
  #maskLines: Mask = (value) => value

  /** The same secrets; each that is got is entered before whoever asked has it. */
  through(secrets: Secrets): Secrets {
    return {
      get: async (name) => {
        const text = await secrets.get(name)
        this.#enter(text)
        return text
      },
    }
  }

  #enter(text: string): void {
    if (this.#secrets.has(text)) return
    const [oldest] = this.#secrets.keys()
    if (oldest !== undefined && this.#secrets.size >= secretsMax) this.#secrets.delete(oldest)
    const secret = withParts(text)
    this.#secrets.set(text, secret)
    const all = [...this.#secrets.values()]
    this.#mask = maskFor(all)
    this.#maskLines = maskFor([...all, ...[...this.#secrets.keys()].flatMap(linesOf)])
    for (const listener of this.#listeners) listener([secret])
  }

  /** Tells of what there is, and of what comes until the listener is taken away again. */
  tell(listener: Listener): () => void {
    if (this.#secrets.size > 0) listener([...this.#secrets.values()])
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  mask<Value extends Json>(value: Value): Value {
    return this.#mask(value) as Value
  }

  /** Whether a value has one of them in it. */
  isIn(value: Json): boolean {
    return this.#secrets.size > 0 && holdsMasked(this.#mask, value)
  }

  /** A log that is told nothing of them, nor what `more` masks. */
  log(log: Log, more: Mask = (value) => value): Log {
    // What is printed comes line by line.
    return maskedLog(log, (value) => more(this.#maskLines(value)))
  }
}

function maskedLog(log: Log, mask: Mask): Log {
  const level = (name: keyof Log): Log[keyof Log] => {
    return (message, fields) => {
      const text = mask(message) as string
      const masked = fields === undefined ? undefined : mask(fields)
      if (isJsonObject(masked)) log[name](text, masked)
      else log[name](text)
    }
  }
  return { debug: level('debug'), info: level('info'), warn: level('warn'), error: level('error') }
}

/** A secret with members is handed out as JSON: each of them is one. */
function withParts(text: string): Json {
  try {
    const value = JSON.parse(text) as Json
    return typeof value === 'object' ? [text, value] : text
  } catch {
    return text
  }
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.length > 1 ? lines.filter((line) => line.length >= lineLengthMin) : []
}
