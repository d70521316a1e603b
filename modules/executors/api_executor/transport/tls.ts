/**
 * What the TLS connections of every protocol have in common: whom they trust besides the system's authorities, and the
 * certificate that this client shows to those hosts for which the operator has given one, and to nobody else.
 */
import { createSecureContext, getCACertificates } from 'node:tls'
import { readFileSync } from 'node:fs'
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'

/** As `tls.connect` and its like take it. Empty where nothing but what is usual holds. */
export interface TlsMaterial {
  /** In PEM, all of them in one text. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
}

/** A certificate of this client, and whom it is shown to. */
export interface ClientIdentity {
  /** Names and addresses; `*.example.com` stands for the names below that. */
  readonly hosts: readonly string[]
  readonly material: Pick<TlsMaterial, 'cert' | 'key' | 'passphrase'>
}

export interface TlsSettings {
  /** Certificates in PEM that are trusted besides the usual ones. */
  readonly authorities: readonly string[]
  readonly identities: readonly ClientIdentity[]
}

/** Makes what a connection needs, once for each identity. */
export class Tls {
  readonly #settings: TlsSettings
  readonly #made = new Map<ClientIdentity | undefined, TlsMaterial>()

  constructor(settings: TlsSettings) {
    this.#settings = settings
  }

  identityFor(host: string): ClientIdentity | undefined {
    const asked = host
      .replace(/^\[|\]$/g, '')
      .replace(/\.$/, '')
      .toLowerCase()
    return this.#settings.identities.find(({ hosts }) => hosts.some((known) => covers(known, asked)))
  }

  /** The same object for the same identity. */
  materialFor(host: string): TlsMaterial {
    const identity = this.identityFor(host)
    const known = this.#made.get(identity)
    if (known) return known
    const { authorities } = this.#settings
    const made = {
      ...(authorities.length > 0 && { ca: [...getCACertificates(), ...authorities].join('\n') }),
      ...identity?.material,
    }
    this.#made.set(identity, made)
    return made
  }
}

function covers(known: string, host: string): boolean {
  return known.startsWith('*.') ? host.endsWith(known.slice(1)) : host === known
}

/** From the configuration; throws an error in a sentence. */
export function readIdentities(value: Json | undefined): readonly ClientIdentity[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new Error('tls_clients must be a list.')
  return value.map((entry: Json, index) => readIdentity(entry, `tls_clients[${index}]`))
}

function readIdentity(entry: Json, place: string): ClientIdentity {
  if (!isJsonObject(entry)) throw new Error(`${place} must be an object.`)
  const { hosts, passphrase } = entry
  const names = Array.isArray(hosts) ? hosts.filter((name: Json) => typeof name === 'string') : []
  if (names.length === 0)
    throw new Error(`${place}.hosts must name the hosts that the certificate is shown to.`)
  const material = {
    cert: textOf(entry, 'cert', place),
    key: textOf(entry, 'key', place),
    ...(typeof passphrase === 'string' && passphrase !== '' && { passphrase }),
  }
  try {
    createSecureContext(material)
  } catch {
    // What the reader says of a key may hold parts of it.
    throw new Error(`${place}: the certificate and the key cannot be read, or do not belong together.`)
  }
  return { hosts: names.map((name) => name.replace(/^\[|\]$/g, '').toLowerCase()), material }
}

/** Given as it is, or by a file. */
function textOf(entry: JsonObject, name: string, place: string): string {
  const { [name]: text, [`${name}_file`]: file } = entry
  if (typeof text === 'string' && text !== '') return text
  if (typeof file !== 'string' || file === '') throw new Error(`${place} needs a ${name} or a ${name}_file.`)
  return readPem(file, `${place}.${name}_file`)
}

export function readPem(file: string, place: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`${place} cannot be read: ${why}.`, { cause: error })
  }
}
