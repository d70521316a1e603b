/**
 * Proto files that were read, with all they import, for as long as the module is loaded. Those on disk are read each time.
 * Whoever asks for one that is on its way waits for the same; what failed is not kept.
 */
import { hash } from 'node:crypto'
import { isJsonObject, type Json } from '@nexus/sdk'
import type protobuf from 'protobufjs'
import { RecentMap } from '../authentication/recent_map.ts'
import { fingerprint } from '../authentication/policy.ts'
import { readEndpoint } from '../call.ts'
import type { ResourceOptions } from '../resource.ts'
import { SingleFlight } from '../single_flight.ts'
import { expandTemplate } from '../uri_template.ts'
import { loadProto } from './proto_files.ts'

/** The one that was not used for the longest time goes first. */
const rootsMax = 32

export class ProtoCache {
  readonly #kept = new RecentMap<protobuf.Root>(rootsMax)
  readonly #flights = new SingleFlight<protobuf.Root>()

  async get(endpoint: Json, options: ResourceOptions): Promise<protobuf.Root> {
    const { uri, authentication } = readEndpoint(endpoint)
    const address = expandTemplate(uri, isJsonObject(options.input) ? options.input : {})
    if (/^file:/i.test(address)) return loadProto(endpoint, options)
    // An address may hold the whole file.
    const key = hash('sha256', `${address}\n${fingerprint(authentication)}`)
    const root =
      this.#kept.get(key) ??
      (await this.#flights.join(key, options.signal, (signal) => loadProto(endpoint, { ...options, signal })))
    this.#kept.set(key, root)
    return root
  }
}
