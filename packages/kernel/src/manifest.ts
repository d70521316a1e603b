/**
 * A module's manifest: text in, a manifest or problems with their exact places out. Owns every rule that the text alone
 * can break: the SDK's schema, versions, ranges, the configuration's schema, paths that leave the folder.
 * What the file system has to say (does the entry exist, is the folder a link) is for `discover.ts`.
 */
import { posix } from 'node:path'
import { Manifest } from '@nexus/sdk'
import parseVersion from 'semver/functions/parse.js'
import validRange from 'semver/ranges/valid.js'
import { parseWithPlaces, type PlacedText } from './positions.ts'
import type { Problem } from './problem.ts'
import { escapePointer, isRecord, schemaViolations, violations, type JsonSchema } from './schema.ts'

/** Counts the changes of the rules below the schema, so that what was found good by older ones is read again. */
export const manifestRules = 2

export interface ManifestReading {
  readonly file: string
  /** The manifest, where nothing is wrong with it. */
  readonly manifest: Manifest | undefined
  readonly problems: readonly Problem[]
  /** What the text says at all, for listing a module whose manifest is bad. */
  readonly draft: Readonly<Record<string, unknown>>
  /** A problem at the member that a JSON pointer names. */
  readonly problemAt: (pointer: string, message: string, hint?: string) => Problem
}

export function readManifest(text: string, file: string): ManifestReading {
  const placed = parseWithPlaces(text)
  const problemAt = problemsOf(placed, file)
  const draft = isRecord(placed.value) ? placed.value : {}
  const problems = findProblems(placed, file, problemAt)
  const manifest = problems.length === 0 ? (placed.value as Manifest) : undefined
  return { file, manifest, problems, draft, problemAt }
}

type ProblemAt = (pointer: string, message: string, hint?: string, part?: 'key' | 'value') => Problem

function problemsOf(placed: PlacedText, file: string): ProblemAt {
  return (pointer, message, hint, part) => ({
    file,
    ...placed.locate(pointer, part),
    message,
    ...(hint === undefined ? {} : { hint }),
  })
}

function findProblems(placed: PlacedText, file: string, problemAt: ProblemAt): Problem[] {
  if (placed.errors.length > 0) {
    return placed.errors.map(({ line, column, message }) => ({
      file,
      line,
      column,
      message: `This is not YAML: ${message}.`.replace(/\.\.$/, '.'),
    }))
  }
  const shape = violations(Manifest, placed.value).map(({ pointer, message, hint }) =>
    problemAt(pointer, message, hint, message.startsWith('Unknown key') ? 'key' : 'value'),
  )
  const rules = isRecord(placed.value) ? findBrokenRules(placed.value, problemAt) : []
  return [...shape, ...rules].sort((a, b) => a.line - b.line || a.column - b.column)
}

/** Rules beyond the schema, each on whatever part of the manifest has the right shape for it. */
function findBrokenRules(value: Readonly<Record<string, unknown>>, problemAt: ProblemAt): Problem[] {
  return [
    ...brokenVersion(value['version'], problemAt),
    ...brokenRequirements(value['dependencies'], problemAt),
    ...brokenConflicts(value, problemAt),
    ...brokenSchema(value['config_schema'], '/config_schema', problemAt),
    ...brokenConfigType(value['config_schema'], problemAt),
    ...brokenEntryPoints(value['entry_points'], problemAt),
    ...brokenProvides(value['provides'], problemAt),
  ]
}

function brokenVersion(version: unknown, problemAt: ProblemAt): Problem[] {
  if (typeof version !== 'string' || isVersion(version)) return []
  return [problemAt('/version', `Expected a semantic version like 1.0.0, found ${JSON.stringify(version)}.`)]
}

function isVersion(text: string): boolean {
  return /^\d/.test(text) && parseVersion(text)?.raw === text
}

function brokenRequirements(dependencies: unknown, problemAt: ProblemAt): Problem[] {
  if (!isRecord(dependencies)) return []
  const lists = Object.entries(rangeRules).flatMap(([kind, rule]) =>
    brokenList(
      requirementsIn(dependencies[kind], `/dependencies/${kind}`),
      `dependencies.${kind}`,
      rule,
      problemAt,
    ),
  )
  const needed = new Set(requirementsIn(dependencies['modules'], '').map(({ name }) => name))
  const both = requirementsIn(dependencies['optional'], '/dependencies/optional').filter(({ name }) =>
    needed.has(name),
  )
  const message = 'is listed under dependencies.modules too: it cannot be needed and optional.'
  return [...lists, ...both.map(({ name, pointer }) => problemAt(pointer, `"${name}" ${message}`))]
}

function brokenConflicts(value: Readonly<Record<string, unknown>>, problemAt: ProblemAt): Problem[] {
  const conflicts = requirementsIn(value['conflicts'], '/conflicts')
  const own = conflicts.filter(({ name }) => name === value['id'])
  return [
    ...brokenList(conflicts, 'conflicts', rangeRules.modules, problemAt),
    ...own.map(({ pointer }) => problemAt(pointer, 'A module cannot conflict with itself.')),
  ]
}

function brokenList(
  list: readonly Requirement[],
  where: string,
  rule: (typeof rangeRules)[keyof typeof rangeRules],
  problemAt: ProblemAt,
): Problem[] {
  const seen = new Set<string>()
  return list.flatMap(({ name, range, pointer }) => {
    const repeated = seen.has(name)
    seen.add(name)
    if (repeated) return [problemAt(pointer, `"${name}" is listed twice under ${where}.`)]
    return rule.accepts(range)
      ? []
      : [problemAt(pointer, `Expected ${rule.words} for "${name}", found ${JSON.stringify(range)}.`)]
  })
}

const versionSpecifier = /^(~=|===?|!=|<=?|>=?)\s*[\w.*+!-]+$/

const rangeRules = {
  modules: { words: 'a semver range like ^1.0.0', accepts: (range: string) => validRange(range) !== null },
  optional: { words: 'a semver range like ^1.0.0', accepts: (range: string) => validRange(range) !== null },
  npm: { words: 'a semver range like ^1.0.0', accepts: (range: string) => validRange(range) !== null },
  python: {
    words: 'version specifiers like ">=0.24.0, <1"',
    accepts: (range: string) =>
      range === '*' || range.split(',').every((part) => versionSpecifier.test(part.trim())),
  },
}

/** One entry of a list under `dependencies`. */
export interface Requirement {
  readonly name: string
  readonly range: string
  readonly pointer: string
}

/** The entries of such a list that have the right shape; `at` is the list's pointer. */
export function requirementsIn(list: unknown, at: string): Requirement[] {
  if (!Array.isArray(list)) return []
  return list.flatMap((entry: unknown, index) => {
    if (!isRecord(entry)) return []
    const [pair] = Object.entries(entry)
    if (pair === undefined || typeof pair[1] !== 'string') return []
    return [{ name: pair[0], range: pair[1], pointer: `${at}/${index}/${escapePointer(pair[0])}` }]
  })
}

function brokenSchema(schema: unknown, at: string, problemAt: ProblemAt): Problem[] {
  if (!isRecord(schema)) return []
  return schemaViolations(schema as JsonSchema).map(({ pointer, message, hint }) =>
    problemAt(at + pointer, `This is not a JSON Schema. ${message}`, hint),
  )
}

function brokenConfigType(schema: unknown, problemAt: ProblemAt): Problem[] {
  if (!isRecord(schema) || schema['type'] === undefined || schema['type'] === 'object') return []
  const message = 'Expected type: object, since a configuration is a map'
  return [problemAt('/config_schema/type', `${message}, found ${JSON.stringify(schema['type'])}.`)]
}

export type Language = 'javascript' | 'python'

const languages: Readonly<Record<string, Language>> = {
  '.ts': 'javascript',
  '.mts': 'javascript',
  '.cts': 'javascript',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.py': 'python',
}

/** The language of an entry file, by its ending. */
export function languageOf(entry: string): Language | undefined {
  return languages[posix.extname(entry)]
}

function brokenEntryPoints(entries: unknown, problemAt: ProblemAt): Problem[] {
  if (!isRecord(entries)) return []
  return Object.entries(entries).flatMap(([name, path]) => {
    if (typeof path !== 'string' || path === '') return []
    const pointer = `/entry_points/${escapePointer(name)}`
    if (leavesFolder(path)) {
      return [
        problemAt(pointer, `Expected a file inside the module's folder, found ${JSON.stringify(path)}.`),
      ]
    }
    if (languageOf(path) !== undefined) return []
    const endings = Object.keys(languages).join(', ')
    return [
      problemAt(pointer, `Expected a file that ends in one of ${endings}, found ${JSON.stringify(path)}.`),
    ]
  })
}

function leavesFolder(path: string): boolean {
  const normal = posix.normalize(path.replaceAll('\\', '/'))
  return normal === '..' || normal.startsWith('../') || posix.isAbsolute(normal) || /^[A-Za-z]:/.test(normal)
}

function brokenProvides(provides: unknown, problemAt: ProblemAt): Problem[] {
  if (!Array.isArray(provides)) return []
  const seen = new Set<string>()
  return provides.flatMap((entry: unknown, index) => {
    if (!isRecord(entry)) return []
    const at = `/provides/${index}`
    const { task } = entry
    const repeated = typeof task === 'string' && seen.has(task)
    if (typeof task === 'string') seen.add(task)
    return [
      ...(repeated ? [problemAt(`${at}/task`, `The task "${task}" is provided twice.`)] : []),
      ...brokenSchema(entry['input_schema'], `${at}/input_schema`, problemAt),
      ...brokenSchema(entry['output_schema'], `${at}/output_schema`, problemAt),
    ]
  })
}
