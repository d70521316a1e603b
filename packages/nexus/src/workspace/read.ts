/**
 * The text of a `nexus.yaml`: settings, or problems with their exact places. Owns every rule that the text alone can break;
 * what the settings mean is for `workspace.ts`.
 */
import { escapePointer, isRecord, parseWithPlaces, violations, type Problem } from '@nexus/kernel'
import validRange from 'semver/ranges/valid.js'
import { workspaceSchema, type WorkspaceSettings } from './schema.ts'

export interface SettingsReading {
  /** Where nothing is wrong with them. */
  readonly settings: WorkspaceSettings | undefined
  readonly problems: readonly Problem[]
  /** `file:line:column` of a member. */
  readonly placeOf: (pointer: string) => string
}

type ProblemAt = (pointer: string, message: string, hint?: string, part?: 'key' | 'value') => Problem

export function readSettings(text: string, file: string): SettingsReading {
  const placed = parseWithPlaces(text)
  const problemAt: ProblemAt = (pointer, message, hint, part) => ({
    file,
    ...placed.locate(pointer, part),
    message,
    ...(hint === undefined ? {} : { hint }),
  })
  const value: unknown = placed.value ?? {}
  const problems =
    placed.errors.length > 0
      ? placed.errors.map(({ line, column, message }) => ({ file, line, column, message: notYaml(message) }))
      : findProblems(value, problemAt)
  return {
    settings: problems.length === 0 ? (value as WorkspaceSettings) : undefined,
    problems,
    placeOf: (pointer) => {
      const { line, column } = placed.locate(pointer, 'key')
      return `${file}:${line}:${column}`
    },
  }
}

function notYaml(message: string): string {
  const tab = /tab/i.test(message) ? ' Indent with spaces.' : ''
  return `This is not YAML: ${message}.`.replace(/\.\.$/, '.') + tab
}

/** What may be in a file some day, and why it is refused until then. */
const notYet: Readonly<Record<string, string>> = {
  registry: 'Modules come from folders; no registry is read yet, so this would have no effect.',
}

function findProblems(value: unknown, problemAt: ProblemAt): Problem[] {
  if (!isRecord(value)) {
    return [
      problemAt(
        '',
        'Expected a map with keys like modules, config and server.',
        'Known keys are printed by: nexus schema workspace',
      ),
    ]
  }
  const reserved = Object.keys(value).filter((key) => Object.hasOwn(notYet, key))
  const shape = violations(workspaceSchema, value)
    .filter(({ pointer }) => !reserved.includes(pointer.slice(1)))
    .map(({ pointer, message, hint }) =>
      problemAt(pointer, message, hint, message.startsWith('Unknown key') ? 'key' : 'value'),
    )
  const refused = reserved.map((key) => problemAt(`/${key}`, notYet[key] ?? '', 'Take it out.', 'key'))
  const rules = isRecord(value['modules']) ? brokenModules(value['modules'], problemAt) : []
  return [...shape, ...refused, ...rules].sort((a, b) => a.line - b.line || a.column - b.column)
}

function brokenModules(modules: Readonly<Record<string, unknown>>, problemAt: ProblemAt): Problem[] {
  return Object.entries(modules).flatMap(([id, wanted]) => {
    const at = `/modules/${escapePointer(id)}`
    if (!isRecord(wanted)) return brokenRange(wanted, id, at, problemAt)
    const both = wanted['path'] !== undefined && wanted['source'] !== undefined
    return [
      ...brokenRange(wanted['version'], id, `${at}/version`, problemAt),
      ...(both
        ? [problemAt(`${at}/source`, 'A module that has a path comes from there: take out source or path.')]
        : []),
    ]
  })
}

function brokenRange(range: unknown, id: string, at: string, problemAt: ProblemAt): Problem[] {
  if (typeof range !== 'string' || validRange(range) !== null) return []
  return [problemAt(at, `Expected a semver range like ^1.0.0 for "${id}", found ${JSON.stringify(range)}.`)]
}
