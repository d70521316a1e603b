/**
 * Builds a module in JavaScript or TypeScript into one CommonJS artifact with esbuild, which is imported only when
 * something has to be built; one in Python is its sources. The SDK and Node's own modules stay outside and are served by the host; so are the packages
 * under `dependencies.npm`, for those that cannot be bundled. Everything else that the module imports goes in.
 * The same sources give the same bytes, wherever the module and the data are.
 */
import { readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'
import type { Manifest } from '@nexus/sdk'
import type * as Esbuild from 'esbuild'
import type { BuildContext, BuildFailure, BuildOptions, BuildResult, Message, Metafile } from 'esbuild'
import type { Artifact, ArtifactStore } from './artifact.ts'
import { hookNames, metaNames, sdkNames, sharedPackages } from './artifact_interface.ts'
import { openBuildCache } from './build_cache.ts'
import { isInside } from './discover.ts'
import { packPython, readPythonSources } from './hosts/process/python_artifact.ts'
import { languageOf } from './manifest.ts'
import { outsidePackages } from './outside_packages.ts'
import { problemOfFile, type Problem } from './problem.ts'
import { SharedBuilds, type SharedBuildsOptions } from './shared_builds.ts'

export type BuildOutcome = { readonly artifact: Artifact } | { readonly problems: readonly Problem[] }

export interface BuildRequest {
  /** The module's folder, all links resolved. */
  readonly folder: string
  readonly manifest: Manifest
}

export interface Builder {
  /** The artifact of a module: from the store where its sources are unchanged, else built. */
  build(request: BuildRequest): Promise<BuildOutcome>
  /** Writes down what was built, for the next start. */
  save(): void
  /** Ends esbuild's process, if one was started. */
  close(): Promise<void>
}

export function openBuilder(store: ArtifactStore, shared?: SharedBuildsOptions): Builder {
  const format = JSON.stringify([esbuildVersion(), fixedOptions])
  const cache = openBuildCache(store.folder, format)
  const others = shared && new SharedBuilds(shared, format)
  const contexts = new Map<string, BuildContext>()
  const service = new EsbuildService()
  return {
    async build(request) {
      if (languageOf(request.manifest.entry_points.main) === 'python') return packed(request, store)
      const recipe = recipeOf(request)
      const known = cache.lookup(request.folder, recipe)
      const stored = known === undefined ? undefined : store.get(known)
      if (stored !== undefined) return { artifact: stored }
      const elsewhere = others?.find(request.folder, recipe, cache)
      if (elsewhere !== undefined) return { artifact: store.put(elsewhere.code) }
      const key = `${request.folder}\n${recipe}`
      const context = contexts.get(key) ?? (await service.context(optionsOf(request)))
      contexts.set(key, context)
      const bundle = await rebuild(context, request.folder)
      if ('problems' in bundle) return bundle
      const artifact = store.put(bundle.code)
      cache.record(request.folder, recipe, bundle.inputs, artifact.digest)
      others?.keep(request.folder, artifact, cache)
      return { artifact }
    },
    save() {
      cache.save()
      others?.save()
    },
    async close() {
      const open = [...contexts.values()]
      contexts.clear()
      await Promise.all(open.map((context) => context.dispose()))
      await service.close()
    },
  }
}

function packed({ folder }: BuildRequest, store: ArtifactStore): BuildOutcome {
  return { artifact: store.put(packPython(readPythonSources(folder))) }
}

/** esbuild has one process for all who use it in this one, so it is ended when the last of them closes. */
const esbuildUsers = new Set<EsbuildService>()

class EsbuildService {
  #esbuild: typeof Esbuild | undefined

  async context(options: BuildOptions): Promise<BuildContext> {
    esbuildUsers.add(this)
    this.#esbuild ??= await import('esbuild')
    return this.#esbuild.context(options)
  }

  async close(): Promise<void> {
    esbuildUsers.delete(this)
    if (esbuildUsers.size === 0) await this.#esbuild?.stop()
  }
}

/** `outfile` is never written: it stands for where the source map's paths begin, the module's folder. */
function optionsOf({ folder, manifest }: BuildRequest): BuildOptions {
  return {
    ...fixedOptions,
    absWorkingDir: folder,
    ...entryOf(manifest, folder),
    plugins: [outsidePackages({ sdk: sdkNames, npm: sharedPackages(manifest) })],
  }
}

const fixedOptions = {
  bundle: true,
  charset: 'utf8',
  define: {
    'import.meta.url': metaNames.url,
    'import.meta.filename': metaNames.filename,
    'import.meta.dirname': metaNames.dirname,
  },
  format: 'cjs',
  legalComments: 'none',
  logLevel: 'silent',
  metafile: true,
  outfile: 'artifact.cjs',
  platform: 'node',
  sourcemap: 'inline',
  sourcesContent: false,
  target: 'node26',
  tsconfigRaw: {},
  write: false,
} as const satisfies BuildOptions

/** The entry, and beside its exports the functions of `entry_points.setup` and `teardown` where there are any. */
function entryOf({ entry_points: entries }: Manifest, folder: string): BuildOptions {
  const { main, setup, teardown } = entries
  if (setup === undefined && teardown === undefined) return { entryPoints: [main] }
  const from = (path: string): string => JSON.stringify(`./${path}`)
  const lines = [
    `export * from ${from(main)}`,
    ...(setup === undefined ? [] : [`export { setup as ${hookNames.setup} } from ${from(setup)}`]),
    ...(teardown === undefined
      ? []
      : [`export { teardown as ${hookNames.teardown} } from ${from(teardown)}`]),
  ]
  return { stdin: { contents: lines.join('\n'), resolveDir: folder, sourcefile: joinedEntry } }
}

/** What stands for the entry where it is made of several files. It is no file. */
const joinedEntry = 'entry:joined'

function recipeOf({ manifest }: BuildRequest): string {
  const { main, setup, teardown } = manifest.entry_points
  const own = [main, ...sharedPackages(manifest), { setup, teardown }]
  return JSON.stringify(own)
}

/** Read from its package file, since importing esbuild is what a warm start avoids. */
function esbuildVersion(): string {
  const file = createRequire(import.meta.url).resolve('esbuild/package.json')
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string }
  return version
}

type Bundle =
  | { readonly code: string; readonly inputs: readonly string[] }
  | { readonly problems: readonly Problem[] }

async function rebuild(context: BuildContext, folder: string): Promise<Bundle> {
  try {
    return bundleOf(await context.rebuild(), folder)
  } catch (error) {
    if (!isBuildFailure(error)) throw error
    return { problems: error.errors.map((message) => problemOfMessage(message, folder)) }
  }
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && 'errors' in error && Array.isArray(error.errors)
}

function problemOfMessage({ text, location, notes }: Message, folder: string): Problem {
  const message = /[.!?]$/.test(text) ? text : `${text}.`
  const hint = notes.map((note) => note.text).join(' ')
  if (location === null) return problemOfFile(folder, message, hint === '' ? undefined : hint)
  const { file, line, column } = location
  const place = { file: join(folder, file), line, column: column + 1 }
  return { ...place, message, ...(hint === '' ? {} : { hint }) }
}

/** Inputs that esbuild makes up: our re-exports, the joined entry, and files that a package switches off. */
const notFiles = /^(?:outside|\(disabled\)):|^entry:/

function bundleOf({ metafile, outputFiles }: BuildResult<typeof fixedOptions>, folder: string): Bundle {
  const inputs = Object.keys(metafile.inputs)
    .filter((input) => !notFiles.test(input))
    .sort()
  const problems = inputs.flatMap((input) => strayImports(metafile, input, folder))
  if (problems.length > 0) return { problems }
  return { code: outputFiles[0]?.text ?? '', inputs }
}

/** A module is its folder and its packages; files of a neighbour would make it depend on where it stands. */
function strayImports(metafile: Metafile, input: string, folder: string): Problem[] {
  const imports = metafile.inputs[input]?.imports ?? []
  return imports
    .filter(
      ({ path, external }) => external !== true && !isBuiltin(path) && isStray(join(folder, path), folder),
    )
    .map(({ path, original = path }) => strayProblem(join(folder, input), original, join(folder, path)))
}

function isStray(path: string, folder: string): boolean {
  return !isInside(folder, path) && !path.split(/[/\\]/).includes('node_modules')
}

/** esbuild does not say where an import stands; it is the first place where the file has its words. */
function strayProblem(file: string, text: string, target: string): Problem {
  const lines = readFileSync(file, 'utf8').split('\n')
  const index = Math.max(
    0,
    lines.findIndex((line) => line.includes(text)),
  )
  const column = Math.max(0, lines[index]?.indexOf(text) ?? 0) + 1
  const message = `"${text}" is outside of the module's folder, at "${target}".`
  const hint = 'Copy it in, or make it a package and list it under dependencies.npm.'
  return { file, line: index + 1, column, message, hint }
}
