/**
 * Reads resources, each once: the pinned copy where there is one, else what the fetcher brings. Something that came
 * over HTTP is pinned only when its user says that it is of use, so that a mistake of a server does not stay.
 */
import { NexusError, type Json } from '@nexus/sdk'
import { identityOf, shownAddress } from './addresses.ts'
import { ResourceMissing, type Fetcher } from './fetcher.ts'
import { digestOf, type PinStore } from './pins.ts'

export interface Resource {
  /** By which it is listed and pinned. */
  readonly uri: string
  readonly url: URL
  readonly text: string
  readonly digest: string
  readonly isPinned: boolean
}

export interface ReaderOptions {
  readonly fetcher: Fetcher
  readonly pins: PinStore
  /** Fetches anew what is pinned. Where that fails, the pin stays and the failure is told. */
  readonly refresh: boolean
  readonly signal: AbortSignal
}

/** What one document may need at most. */
export const resourcesMax = 200

export class ResourceReader {
  readonly #options: ReaderOptions
  readonly #read = new Map<string, Resource>()
  #requests = 0

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  /**
   * Reads from the first address where something is found. Rejects with `ResourceMissing` where nothing is, and with
   * `NexusError` `resource_damaged`, `too_many_resources`, or whatever the fetcher says.
   */
  async read(addresses: readonly URL[], authentication: () => Promise<Json | undefined>): Promise<Resource> {
    const known = await this.#known(addresses)
    if (known) return known
    if (this.#requests++ >= resourcesMax) throw tooMany()
    let missing: ResourceMissing | undefined
    for (const url of addresses) {
      try {
        return await this.#fetch(url, await authentication())
      } catch (error) {
        if (!(error instanceof ResourceMissing)) throw error
        missing ??= error
      }
    }
    throw missing ?? new ResourceMissing('it has no address')
  }

  /** Pins what has been read, unless it is a file. */
  async keep(resource: Resource): Promise<void> {
    const { uri, url, digest, text, isPinned } = resource
    if (isPinned || url.protocol === 'file:') return
    await this.#options.pins.put(uri, { digest, text })
    this.#read.set(uri, { ...resource, isPinned: true })
  }

  async #known(addresses: readonly URL[]): Promise<Resource | undefined> {
    for (const url of addresses) {
      const known = this.#read.get(identityOf(url)) ?? (await this.#pinned(url))
      if (known) return known
    }
    return undefined
  }

  async #pinned(url: URL): Promise<Resource | undefined> {
    if (this.#options.refresh || url.protocol === 'file:') return undefined
    const uri = identityOf(url)
    const pin = await this.#options.pins.get(uri)
    return pin && this.#remember({ uri, url, ...pin, isPinned: true })
  }

  async #fetch(url: URL, authentication: Json | undefined): Promise<Resource> {
    const { fetcher, signal } = this.#options
    signal.throwIfAborted()
    const text = await fetcher(url, { signal, ...(authentication !== undefined && { authentication }) })
    return this.#remember({ uri: identityOf(url), url, text, digest: digestOf(text), isPinned: false })
  }

  #remember(resource: Resource): Resource {
    this.#read.set(resource.uri, resource)
    return resource
  }
}

function tooMany(): NexusError {
  return new NexusError(
    'too_many_resources',
    `The document needs more than ${resourcesMax} resources from outside.`,
  )
}

/** Why a resource could not be had, and where it was looked for. */
export function readFailure(addresses: readonly URL[], error: unknown): string {
  if (error instanceof NexusError) return error.message
  const why = error instanceof Error ? error.message : String(error)
  const [first] = addresses
  return `${first ? shownAddress(first) : 'It'} could not be read: ${sentence(why)}`
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}
