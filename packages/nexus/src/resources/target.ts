/**
 * From what a document says to where that is read: which catalog is meant, what an address is relative to, who may
 * name files, and whose authentication goes along. It reads nothing itself. Whatever cannot be is `Refused`.
 */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { nearest, type Json } from '@nexus/sdk'
import type { Endpoint, Workflow } from '@nexus/workflow'
import { catalogAddresses, functionAddresses, resourceAddresses, shownAddress } from './addresses.ts'
import { usesNames } from './credentials.ts'
import type { FunctionName } from './function_name.ts'
import { Refused } from './refusal.ts'
import { endpointOf, isFixed } from './sites.ts'

/** Where something is written that names something else. */
export interface Origin {
  /** What addresses are relative to. Only what stands in a file may name files. */
  readonly base: URL | undefined
  /** Whether it may use what the document keeps: policies and secrets by their names. */
  readonly isTrusted: boolean
  /** With which it was fetched itself; goes along to the same host. */
  readonly authentication: Json | undefined
}

export interface Target {
  readonly addresses: readonly URL[]
  readonly authentication: Json | undefined
  readonly catalog?: { readonly root: URL; readonly name: string; readonly version: string }
}

export interface Setting {
  readonly document: Workflow
  /** Where the document itself stands. */
  readonly home: Origin
  readonly defaultCatalog: string | undefined
}

export function originOfDocument(folder: string | undefined): Origin {
  const base = folder === undefined ? undefined : folderAddress(folder)
  return { base, isTrusted: true, authentication: undefined }
}

export function originOfResource(url: URL, authentication: Json | undefined): Origin {
  return { base: url, isTrusted: url.protocol === 'file:', authentication }
}

export function functionTarget(
  wanted: Exclude<FunctionName, { kind: 'other' }>,
  origin: Origin,
  setting: Setting,
): Target {
  if (wanted.kind === 'wrong') throw new Refused({ ...wanted, code: 'invalid_function_name' })
  if (wanted.kind === 'uri') {
    const uri = addressOf(wanted.uri, origin)
    return { addresses: functionAddresses(uri), authentication: inherited(uri, origin) }
  }
  const { name, version, catalog } = wanted
  const { root, authentication } = catalogRoot(catalog, setting)
  return {
    addresses: catalogAddresses(root, name, version),
    authentication,
    catalog: { root, name, version },
  }
}

export function endpointTarget(endpoint: Endpoint, origin: Origin): Target {
  const { uri, authentication } = endpointOf(endpoint)
  const url = addressOf(uri, origin)
  return {
    addresses: resourceAddresses(url),
    authentication: authentication ? own(authentication, url, origin) : inherited(url, origin),
  }
}

/** The address in full, by which something relative is known outside the file that names it. */
export function addressOf(uri: string, { base }: Origin): URL {
  if (!isFixed(uri)) {
    throw new Refused({
      code: 'address_not_fixed',
      message: `\`${uri}\` has no value before the run, and what it names is needed before the run begins.`,
      hint: 'Write the address as it is, without an expression and without braces.',
    })
  }
  const url = URL.parse(uri, base)
  if (!url) {
    throw new Refused({
      code: 'address_not_absolute',
      message: `\`${uri}\` is not an absolute address, and there is no file that it could be relative to.`,
      hint: 'Write the address in full, beginning with https://.',
    })
  }
  refuseScheme(url, base)
  return url
}

function refuseScheme(url: URL, base: URL | undefined): void {
  if (url.protocol === 'https:' || url.protocol === 'http:') return
  if (url.protocol !== 'file:') {
    throw new Refused({
      code: 'address_not_supported',
      message: `Nothing is read from \`${url.protocol}\` addresses.`,
      hint: 'There are https, http and file.',
    })
  }
  if (base?.protocol === 'file:') return
  throw new Refused({
    code: 'file_not_allowed',
    message: `The file ${shownAddress(url)} is not read: only what stands in a file itself may name files.`,
    hint: 'Put it where it can be had over https.',
  })
}

function catalogRoot(catalog: string, setting: Setting): { root: URL; authentication: Json | undefined } {
  const { document, home, defaultCatalog } = setting
  const catalogs = document.use?.catalogs ?? {}
  const declared = Object.hasOwn(catalogs, catalog) ? catalogs[catalog] : undefined
  if (declared) {
    const { uri, authentication } = endpointOf(declared.endpoint)
    return { root: addressOf(uri, home), authentication }
  }
  if (catalog === 'default' && defaultCatalog !== undefined) {
    return { root: defaultRoot(defaultCatalog), authentication: undefined }
  }
  throw unknownCatalog(catalog, Object.keys(catalogs))
}

function defaultRoot(place: string): URL {
  if (!isAddress(place)) return folderAddress(place)
  const root = URL.parse(place)
  if (root) return root
  throw new Refused({
    code: 'address_not_absolute',
    message: `The default catalog \`${place}\` is no address.`,
  })
}

function unknownCatalog(catalog: string, declared: readonly string[]): Refused {
  const near = nearest(catalog, declared)
  const names = declared.map((name) => `\`${name}\``).join(', ')
  const declare = `Declare it in \`use.catalogs\`.${names && ` There are ${names}.`}`
  return new Refused({
    code: 'unknown_reference',
    message:
      catalog === 'default'
        ? 'This Nexus has no default catalog.'
        : `There is no catalog \`${catalog}\` in \`use.catalogs\`.`,
    hint: near === undefined ? declare : `Did you mean \`${near}\`?`,
  })
}

const isAddress = (place: string): boolean => /^(?:https?|file):/i.test(place)

function folderAddress(folder: string): URL {
  return pathToFileURL(`${resolve(folder)}/`)
}

function own(policy: Json, url: URL, { isTrusted, base }: Origin): Json {
  if (isTrusted || !usesNames(policy)) return policy
  throw new Refused({
    code: 'credentials_not_given',
    message: `${base ? shownAddress(base) : 'It'} would have credentials of the document sent to ${url.host}.`,
    hint: 'What comes from elsewhere may use no policy and no secret by its name before the run begins.',
  })
}

function inherited(url: URL, { base, authentication }: Origin): Json | undefined {
  return url.protocol !== 'file:' && base?.origin === url.origin ? authentication : undefined
}
