/**
 * Makes a checked document complete: fetches what it and the workflows that it runs need from outside, so that the run
 * has all of it from its beginning. See `resources/bundle.ts`.
 */
import { everyTaskOf, type ParsedWorkflow, type Problem } from '@nexus/workflow'
import { checkAlone, checkCapabilities, hasErrors, type CheckedWorkflow, type Surroundings } from './check.ts'
import { bundle, type BundleOptions } from './resources/bundle.ts'
import { collectSubflows, type FoundWorkflow } from './subflows.ts'

export type Outside = Omit<BundleOptions, 'base'>

/** The same where it is complete or invalid. Without a document, with problems, where something cannot be had. */
export async function completeWorkflow(
  checked: CheckedWorkflow,
  surroundings: Surroundings,
  outside: Outside,
): Promise<CheckedWorkflow> {
  const { document, complete, base } = checked
  if (!document || complete) return checked
  const whole = { ...checked, document }
  const bundled = await bundle(whole, { ...outside, base })
  const parsed = checkCapabilities(bundled, surroundings)
  const subflows = await completeSubflows(parsed, surroundings, outside)
  const missing = await unavailableTasks([parsed, ...subflows.parsed], surroundings)
  const problems = [...parsed.problems, ...subflows.problems, ...missing]
  return {
    ...checked,
    problems,
    document: hasErrors(problems) ? undefined : parsed.document,
    text: bundled.selfContained,
    workflows: subflows.workflows,
    complete: true,
    positionOf: (pointer, part) => parsed.positionOf(pointer, part),
  }
}

interface CompletedSubflows {
  /** Texts by keys. */
  readonly workflows: Readonly<Record<string, string>>
  readonly problems: readonly Problem[]
  readonly parsed: readonly ParsedWorkflow[]
}

/** A function that was fetched may run workflows, and those may call functions that stand elsewhere. */
async function completeSubflows(
  outer: ParsedWorkflow,
  { source, ...providers }: Surroundings,
  outside: Outside,
): Promise<CompletedSubflows> {
  const workflows: Record<string, string> = {}
  const problems: Problem[] = []
  const check = (found: FoundWorkflow): ParsedWorkflow =>
    checkAlone(found.text, { file: found.file }, providers)
  const queue = [outer]
  for (const parsed of queue) {
    const { found, problems: missing } = collectSubflows(parsed, source, check)
    problems.push(...missing.map((problem) => placedIn(outer, problem, parsed)))
    for (const [key, workflow] of Object.entries(found)) {
      if (key in workflows) continue
      const bundled = await bundle(check(workflow), { ...outside, base: workflow.base })
      const inner = checkCapabilities(bundled, providers)
      problems.push(...inner.problems.map((problem) => placedIn(outer, problem, inner)))
      workflows[key] = bundled.selfContained
      queue.push(inner)
    }
  }
  return { workflows, problems, parsed: queue.slice(1) }
}

/** What is wrong in another document is told at the head of the one that runs. */
function placedIn(outer: ParsedWorkflow, problem: Problem, { file }: ParsedWorkflow): Problem {
  if (file === outer.file) return problem
  const message = `In ${file}:${problem.start.line}:${problem.start.column}: ${problem.message}`
  return { ...problem, message, pointer: '', ...outer.positionOf('/do', 'key') }
}

/** A problem for the first task of each capability that a module provides but cannot do here and now. */
async function unavailableTasks(
  documents: readonly ParsedWorkflow[],
  { unavailable }: Surroundings,
): Promise<readonly Problem[]> {
  const [outer] = documents
  const problems: Problem[] = []
  const asked = new Set<string>()
  for (const parsed of documents) {
    for (const { capability, reference } of parsed.document ? everyTaskOf(parsed.document) : []) {
      if (asked.has(capability)) continue
      asked.add(capability)
      const why = await unavailable(capability)
      if (why === undefined || !outer) continue
      const message = `\`${capability}\` cannot be done here: ${why}`
      const place = { pointer: reference, ...parsed.positionOf(reference, 'key') }
      problems.push(
        placedIn(outer, { severity: 'error', code: 'unavailable_capability', message, ...place }, parsed),
      )
    }
  }
  return problems
}
