/**
 * The workflows that a document runs (`run.workflow`), and those that they run, found before a run begins: the run keeps
 * their texts, so that it runs the same ones after a restart, whatever has become of their files.
 */
import { nearest } from '@nexus/sdk'
import {
  everyTaskOf,
  formatProblems,
  memberPointer,
  workflowKey,
  type ParsedWorkflow,
  type Problem,
  type Subflow,
} from '@nexus/workflow'

/** Where workflows are found by their names. */
export interface WorkflowSource {
  /** The newest of that name where the version is `latest`. */
  find(wanted: Subflow): FoundWorkflow | undefined
  /** The keys of those that it has. */
  known(): readonly string[]
}

export interface FoundWorkflow {
  readonly text: string
  readonly file: string
  /** The folder of its file, for what it names beside it; undefined where it has none. */
  readonly base?: string
}

export interface Subflows {
  /** By the keys by which documents name them. */
  readonly found: Readonly<Record<string, FoundWorkflow>>
  readonly problems: readonly Problem[]
}

/** `check`: everything that can be wrong with one of them taken by itself. */
export function collectSubflows(
  parsed: ParsedWorkflow,
  source: WorkflowSource,
  check: (found: FoundWorkflow) => ParsedWorkflow,
): Subflows {
  const known: Record<string, FoundWorkflow> = {}
  const problems: Problem[] = []
  const visit = (around: ParsedWorkflow, report: (site: Site, why: Why) => void): void => {
    for (const site of sitesOf(around)) {
      const key = workflowKey(site.subflow)
      if (key in known) continue
      const found = source.find(site.subflow)
      if (!found) report(site, notFound(key, source.known()))
      else {
        known[key] = found
        const inner = check(found)
        if (!inner.document) report(site, invalid(key, found, inner))
        else
          visit(inner, (at, why) =>
            report(site, { ...why, message: `In ${found.file}, ${at.pointer}: ${why.message}` }),
          )
      }
    }
  }
  visit(parsed, (site, why) => problems.push({ severity: 'error', ...why, ...site.place }))
  return { found: known, problems }
}

interface Site {
  readonly subflow: Subflow
  readonly pointer: string
  readonly place: Pick<Problem, 'pointer' | 'start' | 'end'>
}

type Why = Pick<Problem, 'code' | 'message' | 'hint'>

function sitesOf(parsed: ParsedWorkflow): readonly Site[] {
  const tasks = parsed.document ? [...everyTaskOf(parsed.document)] : []
  return tasks.flatMap(({ task, reference }) => {
    if (!('run' in task) || !task.run.workflow) return []
    const pointer = memberPointer(`${reference}/run/workflow`, 'name')
    return [{ subflow: task.run.workflow, pointer, place: { pointer, ...parsed.positionOf(pointer) } }]
  })
}

function notFound(key: string, known: readonly string[]): Why {
  const near = nearest(key, known)
  const there = known.length > 0 ? `There are: ${known.join(', ')}.` : 'There are none.'
  return {
    code: 'unknown_workflow',
    message: `There is no workflow \`${key}\`.`,
    hint: `${near === undefined ? there : `Did you mean \`${near}\`?`} Workflows are looked for beside the document, in the folders given by --workflows, and among those of: nexus workflows list`,
  }
}

function invalid(key: string, { file }: FoundWorkflow, parsed: ParsedWorkflow): Why {
  const problems = formatProblems(parsed.problems, { ...parsed, file })
  return { code: 'invalid_workflow', message: `The workflow \`${key}\` is not valid:\n${problems.trimEnd()}` }
}
