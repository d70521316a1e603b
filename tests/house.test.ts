/**
 * The rules of the house that no compiler keeps: who may import whom, that packages are entered through their
 * `exports`, that files stay small and say what they own, and that only the clock reads the clock.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Which of our packages a package may import. Modules have a rule of their own. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  sdk: [],
  jq: [],
  workflow: ['jq', 'sdk'],
  kernel: ['sdk'],
  registry: ['sdk'],
  engine: ['sdk', 'workflow'],
  nexus: ['sdk', 'workflow', 'kernel', 'engine', 'registry'],
  api: ['sdk'],
  server: ['nexus', 'api', 'sdk'],
  cli: ['api', 'sdk', 'nexus', 'server'],
  console: ['api'],
}

const sources = ['packages', 'modules', 'examples', 'bench', 'tests', 'scripts'].flatMap((folder) =>
  filesIn(join(root, folder)),
)

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'out', 'dist', '.nexus'].includes(entry.name)) return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return filesIn(path)
    return /\.(?:ts|mjs|js)$/.test(entry.name) ? [path] : []
  })
}

interface Import {
  readonly file: string
  readonly specifier: string
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(file, 'utf8')
  return [
    ...text.matchAll(/^(?:import|export)\b[^'"`]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm),
  ].map(([, from, bare, dynamic]) => ({
    file: relative(root, file),
    specifier: from ?? bare ?? dynamic ?? '',
  }))
}

const imports = sources.flatMap(importsOf)

test('every source file is looked at', () => {
  expect(sources.length).toBeGreaterThan(50)
  expect(imports.length).toBeGreaterThan(100)
})

test('a package imports only those of ours that the layout allows', () => {
  const broken = imports.filter(({ file, specifier }) => {
    const [, owner = ''] = /^packages\/([^/]+)\/src\//.exec(file) ?? []
    const [, target] = /^@nexus\/([^/]+)/.exec(specifier) ?? []
    return owner !== '' && target !== undefined && !allowed[owner]?.includes(target)
  })
  expect(broken).toEqual([])
})

test('a module imports of ours the SDK alone', () => {
  const broken = imports.filter(({ file, specifier }) => {
    if (!file.startsWith('modules/') || file.includes('/test/')) return false
    const leavesItsFolder = specifier.startsWith('.') && leaves(file, specifier, 3)
    return leavesItsFolder || (specifier.startsWith('@nexus/') && !/^@nexus\/sdk(?:\/|$)/.test(specifier))
  })
  expect(broken).toEqual([])
})

test('packages are entered through their exports, never by a path', () => {
  const broken = imports.filter(({ file, specifier }) => {
    if (!file.startsWith('packages/') || !specifier.startsWith('.')) return false
    return leaves(file, specifier, 2) && !specifier.endsWith('package.json')
  })
  expect(broken).toEqual([])
})

/** Whether a relative import leaves the folder that is `depth` levels below the root. */
function leaves(file: string, specifier: string, depth: number): boolean {
  const home = file.split('/').slice(0, depth).join('/')
  return !join(dirname(file), specifier).startsWith(`${home}/`)
}

test('no source file has more than 500 lines', () => {
  const long = sources.filter((file) => readFileSync(file, 'utf8').split('\n').length > 500)
  expect(long.map((file) => relative(root, file))).toEqual([])
})

test('every source file of a package opens by saying what it owns', () => {
  const mute = sources.filter((file) => {
    const isSource =
      /\/(?:packages\/[^/]+\/src|modules\/[^/]+\/[^/]+)\/(?!test\/)/.test(file) && !file.endsWith('.test.ts')
    return isSource && !/^(?:#![^\n]*\n)?\/\*\*/.test(readFileSync(file, 'utf8'))
  })
  expect(mute.map((file) => relative(root, file))).toEqual([])
})

test('only the clock reads the clock and rolls dice', () => {
  const readers = sources.filter((file) => {
    const isSource = /\/(?:packages\/[^/]+\/src|modules)\//.test(file) && !/\/test\//.test(file)
    if (!isSource || file.endsWith('sdk/src/clock.ts')) return false
    return /\b(?:Date\.now\(|setTimeout\(|setInterval\(|Math\.random\()/.test(
      withoutComments(readFileSync(file, 'utf8')),
    )
  })
  expect(readers.map((file) => relative(root, file))).toEqual([])
})

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, '')
}
