/**
 * Makes a document whole before a run: functions of catalogs and functions called by URI become functions of the
 * document under the very name that is called, schemas in external resources, and scripts and descriptions of services
 * beside the file are written into it. What comes out needs nothing from outside, so that a run never finds out halfway and a restart needs no
 * network. What comes over HTTP is pinned (see `pins.ts`); files are read anew each time.
 * Source: DSL 1.0.3, "Catalogs", "External Resource", "Schema".
 */
import { invariant, NexusError, type Json } from '@nexus/sdk'
import {
  parseJsonSchema,
  parseTask,
  resolveFunction,
  type ParsedPart,
  type ParsedWorkflow,
  type Problem,
  type Task,
  type Workflow,
} from '@nexus/workflow'
import { shownAddress } from './addresses.ts'
import { whatIsThere } from './catalog_folder.ts'
import { resolveAuthentication, type SecretSource } from './credentials.ts'
import { ResourceMissing, type Fetcher } from './fetcher.ts'
import type { PinStore } from './pins.ts'
import { dataAddress, importsOf } from './inlined.ts'
import { Refused, type Finding } from './refusal.ts'
import { readFailure, ResourceReader, type Resource } from './resource_reader.ts'
import { withFunctions, type BundledWorkflow } from './self_contained.ts'
import { endpointOf, sitesOf, type Site } from './sites.ts'
import { foreignReference } from './schema_references.ts'
import {
  addressOf,
  endpointTarget,
  functionTarget,
  originOfDocument,
  originOfResource,
  type Origin,
  type Setting,
  type Target,
} from './target.ts'

export interface BundleOptions {
  readonly fetcher: Fetcher
  readonly pins: PinStore
  /** The folder of the document's file. Without it the document may name no files and nothing relative. */
  readonly base?: string | undefined
  /** The root of the catalog `default`: a folder or an address. */
  readonly defaultCatalog?: string | undefined
  /** For authentication with secrets; there are none by default. */
  readonly secrets?: SecretSource
  /** Fetches anew what is pinned. */
  readonly refresh?: boolean
  readonly signal?: AbortSignal
}

/**
 * The document with all that it needs, or problems that stand where it asks for what cannot be had. It is given back
 * as it is where it needs nothing. Rejects only with the signal's reason.
 */
export async function bundle(parsed: ParsedWorkflow, options: BundleOptions): Promise<BundledWorkflow> {
  const { document } = parsed
  const needed = document ? sitesOf(document).filter((site) => !isDeclared(site, document)) : []
  if (!document || needed.length === 0) return { ...parsed, resources: [], selfContained: parsed.text }
  return new Bundling(parsed, structuredClone(document), options).run()
}

function isDeclared(site: Site, document: Workflow): boolean {
  return site.kind === 'function' && resolveFunction(document, site.call) !== undefined
}

/** Something to look through: the document itself, or a function that was fetched. */
interface Unit {
  readonly document: Workflow
  readonly origin: Origin
  /** Where in the document it was asked for; undefined for the document itself. */
  readonly asked?: string
  /** Of a function's file, where a pointer stands in it. */
  readonly placeOf?: (pointer: string) => string
}

const noSecrets: SecretSource = { get: async () => undefined }

class Bundling {
  readonly #parsed: ParsedWorkflow
  readonly #setting: Setting
  readonly #secrets: SecretSource
  readonly #reader: ResourceReader
  readonly #signal: AbortSignal
  readonly #units: Unit[]
  readonly #functions = new Map<string, { readonly task: Task; readonly asked: string }>()
  /** Names that were looked for without success: each is told once. */
  readonly #failed = new Set<string>()
  readonly #resources = new Map<string, string>()
  readonly #problems: Problem[] = []
  #isFull = false

  constructor(parsed: ParsedWorkflow, document: Workflow, options: BundleOptions) {
    const { fetcher, pins, base, defaultCatalog, secrets = noSecrets, refresh = false } = options
    const { signal = new AbortController().signal } = options
    const home = originOfDocument(base)
    this.#parsed = parsed
    this.#setting = { document, home, defaultCatalog }
    this.#secrets = secrets
    this.#reader = new ResourceReader({ fetcher, pins, refresh, signal })
    this.#signal = signal
    this.#units = [{ document, origin: home }]
  }

  async run(): Promise<BundledWorkflow> {
    for (let unit = this.#units.shift(); unit && !this.#isFull; unit = this.#units.shift()) {
      for (const site of sitesOf(unit.document)) if (!this.#isFull) await this.#take(site, unit)
    }
    return withFunctions(this.#setting.document, {
      parsed: this.#parsed,
      functions: this.#functions,
      problems: this.#problems,
      resources: [...this.#resources].map(([uri, digest]) => ({ uri, digest })),
    })
  }

  async #take(site: Site, unit: Unit): Promise<void> {
    try {
      if (site.kind === 'function') await this.#takeFunction(site, unit)
      else if (site.kind === 'schema') site.put(await this.#schema(site, unit))
      else if (site.kind === 'script') site.put(await this.#script(site, unit))
      else site.put(await this.#description(site, unit))
    } catch (error) {
      this.#signal.throwIfAborted()
      if (!(error instanceof Refused)) throw error
      for (const finding of error.findings) this.#tell(finding, site.pointer, unit)
    }
  }

  async #takeFunction(site: Extract<Site, { kind: 'function' }>, unit: Unit): Promise<void> {
    const call = this.#nameOf(site, unit)
    if (this.#functions.has(call) || this.#failed.has(call)) return
    if (resolveFunction(this.#setting.document, call)) return
    this.#failed.add(call)
    const target = functionTarget(site.wanted, unit.origin, this.#setting)
    const resource = await this.#read(target)
    const file = shownAddress(resource.url)
    const part = parseTask(resource.text, { name: call, document: this.#setting.document, file })
    for (const warning of findingsOf(part, `The function \`${call}\``))
      this.#tell(warning, site.pointer, unit)
    const task = valueOf(part, `The function \`${call}\` cannot be used`)
    await this.#accept(resource)
    this.#failed.delete(call)
    this.#add(call, task, { part, target, resource, asked: unit.asked ?? site.pointer })
  }

  #add(
    call: string,
    task: Task,
    found: { part: ParsedPart<Task>; target: Target; resource: Resource; asked: string },
  ): void {
    const { part, target, resource, asked } = found
    this.#functions.set(call, { task, asked })
    const { document } = this.#setting.document
    this.#units.push({
      // A document in which nothing but the function stands, so that it is walked as documents are.
      document: { document, do: [], use: { functions: { [functionKey]: task } } },
      origin: originOfResource(resource.url, target.authentication),
      asked,
      placeOf: (pointer) => placeIn(part, pointer.slice(functionPointer.length)),
    })
  }

  /** What is relative to a function's file means something else elsewhere: such a call gets the address in full. */
  #nameOf(site: Extract<Site, { kind: 'function' }>, { origin, asked }: Unit): string {
    const { wanted, call } = site
    if (asked === undefined || wanted.kind !== 'uri') return call
    const { href } = addressOf(wanted.uri, origin)
    if (href !== call) site.rename(href)
    return href
  }

  async #schema(site: Extract<Site, { kind: 'schema' }>, { origin }: Unit): Promise<Json> {
    const resource = await this.#read(endpointTarget(site.endpoint, origin))
    const file = shownAddress(resource.url)
    const schema = valueOf(parseJsonSchema(resource.text, file), 'The schema cannot be used')
    const foreign = foreignReference(schema)
    if (foreign !== undefined) {
      throw new Refused({
        code: 'invalid_resource',
        message: `The schema cannot be used: ${file} refers to \`${foreign}\`, which stands elsewhere.`,
        hint: 'Write that into the `$defs` of the schema.',
      })
    }
    await this.#accept(resource)
    return schema
  }

  async #script(site: Extract<Site, { kind: 'script' }>, { origin }: Unit): Promise<string> {
    const resource = await this.#read(endpointTarget(site.endpoint, origin))
    await this.#accept(resource)
    return resource.text
  }

  async #description(site: Extract<Site, { kind: 'description' }>, { origin }: Unit): Promise<string> {
    const target = endpointTarget(site.endpoint, origin)
    const { uri: name } = endpointOf(site.endpoint)
    const [address] = target.addresses
    // `file://app/greet.proto` names no file but a path from the working folder, and is read as the call is made.
    if (address?.protocol === 'file:' && address.hostname !== '') return name
    const resource = await this.#read(target)
    await this.#accept(resource)
    const beside = site.isProto ? await this.#imported(resource, target) : new Map<string, string>()
    return dataAddress({ name, text: resource.text }, beside)
  }

  /** What a proto file imports, and what that does, beside it and below it. */
  async #imported(first: Resource, { authentication }: Target): Promise<ReadonlyMap<string, string>> {
    const folder = new URL('.', first.url)
    const found = new Map<string, string>()
    const wanted = [...importsOf(first.text)]
    for (let name = wanted.shift(); name !== undefined; name = wanted.shift()) {
      if (found.has(name)) continue
      const url = URL.parse(name, folder)
      if (!url || url.origin !== folder.origin || !url.pathname.startsWith(folder.pathname))
        throw new Refused({
          code: 'resource_unreadable',
          message: `${shownAddress(first.url)} imports "${name}", which is not beside it or below.`,
          hint: 'Only such files are read.',
        })
      const resource = await this.#read({ addresses: [url], authentication })
      await this.#accept(resource)
      found.set(name, resource.text)
      wanted.push(...importsOf(resource.text))
    }
    return found
  }

  async #read({ addresses, authentication, catalog }: Target): Promise<Resource> {
    try {
      return await this.#reader.read(addresses, async () =>
        authentication === undefined
          ? undefined
          : resolveAuthentication(authentication, this.#setting.document, this.#secrets),
      )
    } catch (error) {
      const message = readFailure(addresses, error)
      if (error instanceof NexusError) {
        this.#isFull ||= error.code === 'too_many_resources'
        throw new Refused({ code: error.code, message })
      }
      if (!(error instanceof ResourceMissing) || !catalog) {
        throw new Refused({ code: 'resource_unreadable', message })
      }
      const hint = await whatIsThere(catalog.root, catalog.name, catalog.version)
      throw new Refused({ code: 'unknown_function', message, hint })
    }
  }

  async #accept(resource: Resource): Promise<void> {
    try {
      await this.#reader.keep(resource)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new Refused({ code: 'resource_not_kept', message: `${resource.uri} could not be pinned: ${why}` })
    }
    this.#resources.set(resource.uri, resource.digest)
  }

  #tell({ severity = 'error', code, message, hint }: Finding, at: string, { asked, placeOf }: Unit): void {
    const pointer = asked ?? at
    this.#problems.push({
      severity,
      code,
      message: placeOf ? `${message} It is asked for at ${placeOf(at)}.` : message,
      ...(hint !== undefined && { hint }),
      pointer,
      ...this.#parsed.positionOf(pointer),
    })
  }
}

const functionKey = 'function'
const functionPointer = `/use/functions/${functionKey}`

/** Of one file no more problems are told; there the rest can be found. */
const toldMax = 5

function findingsOf(part: ParsedPart<unknown>, subject: string, severity = 'warning'): readonly Finding[] {
  return part.problems
    .filter((problem) => problem.severity === severity)
    .slice(0, toldMax)
    .map((problem) => ({
      severity: problem.severity,
      code: problem.severity === 'error' ? 'invalid_resource' : problem.code,
      message: `${subject}: ${part.file}:${problem.start.line}:${problem.start.column}: ${problem.message}`,
      hint: problem.hint,
    }))
}

function valueOf<Value>(part: ParsedPart<Value>, subject: string): Value {
  const errors = findingsOf(part, subject, 'error')
  if (errors.length > 0) throw new Refused(...errors)
  invariant(part.value !== undefined, `${part.file} has neither a value nor an error.`)
  return part.value
}

function placeIn(part: ParsedPart<unknown>, pointer: string): string {
  const { start } = part.positionOf(pointer)
  return `${part.file}:${start.line}:${start.column}`
}
