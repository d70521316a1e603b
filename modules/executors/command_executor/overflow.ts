/**
 * What becomes of more output than a command may give: a fault, the beginning of it, or a blob with all of it. In a blob
 * goes also what is no text.
 */
import type { BlobReference, Blobs, Json } from '@nexus/sdk'
import {
  wrongArgument,
  type Content,
  type OutputChannel,
  type Overflow,
  type ProcessOutcome,
} from '@nexus/sdk/process'

export const overflowModes = ['fault', 'truncate', 'blob'] as const
export type OverflowMode = (typeof overflowModes)[number]

/** References by the channel whose content they have. */
export type KeptOutput = Readonly<Partial<Record<OutputChannel, BlobReference>>>

const textType = 'text/plain; charset=utf-8'
const bytesType = 'application/octet-stream'

export class OutputKeeper {
  readonly #mode: OverflowMode
  readonly #blobs: Blobs
  readonly #bytesMax: number
  readonly #kept: Partial<Record<OutputChannel, BlobReference>> = {}

  constructor(mode: OverflowMode, blobs: Blobs, bytesMax: number) {
    this.#mode = mode
    this.#blobs = blobs
    this.#bytesMax = bytesMax
  }

  get overflow(): Overflow {
    if (this.#mode === 'fault') return 'end'
    return this.#mode === 'truncate'
      ? 'drop'
      : (channel, content) => this.#keep(channel, content, content.isText)
  }

  /** What is kept of a command that has ended. */
  async kept({ binary = {}, cut = [] }: ProcessOutcome): Promise<KeptOutput> {
    if (this.#mode !== 'blob') return {}
    for (const channel of ['stdout', 'stderr'] as const) {
      const bytes = binary[channel]
      if (bytes !== undefined && !cut.includes(channel)) await this.#keep(channel, [bytes], false)
    }
    return this.#kept
  }

  async #keep(
    channel: OutputChannel,
    content: Content | Iterable<Uint8Array>,
    isText: boolean,
  ): Promise<void> {
    const mediaType = isText ? textType : bytesType
    this.#kept[channel] = await this.#blobs.write(content, { mediaType, bytesMax: this.#bytesMax })
  }
}

export function readOverflow(value: Json, place: string): OverflowMode {
  const mode = overflowModes.find((each) => each === value)
  if (mode === undefined) throw wrongArgument(place, `one of ${overflowModes.join(', ')}`)
  return mode
}

/** What `return: all` says of output that is not all there. */
export function leftOut(kept: KeptOutput, { cut = [] }: ProcessOutcome): Readonly<Record<string, Json>> {
  return {
    ...(kept.stdout && { stdout_blob: kept.stdout }),
    ...(kept.stderr && { stderr_blob: kept.stderr }),
    ...(cut.length > 0 && { truncated: cut }),
  }
}
