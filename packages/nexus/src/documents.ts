/**
 * The documents of runs: checked when they are handed in, and read again from what was kept with a run when it goes on.
 */
import type { PreparedDocument } from '@nexus/engine'
import { NexusError, TaskFault, type Json, type SourcePlace } from '@nexus/sdk'
import { everyTaskOf, formatProblems, type ParsedWorkflow, type Workflow } from '@nexus/workflow'
import { checkAlone, checkWorkflow, type CheckedWorkflow, type Surroundings } from './check.ts'
import { completeWorkflow, type Outside } from './complete.ts'
import { scriptSources, type ScriptSources } from './script_sources.ts'
import { eitherSource, textSource } from './workflow_folders.ts'

/** Documents that are kept read; many runs share one. */
const readMax = 1_000

export class Documents {
  readonly #surroundings: () => Surroundings
  readonly #outside: Outside
  readonly #read = new Map<string, Workflow>()
  /** By the text of the document that has them. */
  readonly #sources = new Map<string, ScriptSources>()
  /** Documents that need nothing from outside. */
  readonly #completed = new WeakMap<CheckedWorkflow, Completed>()

  /** `surroundings`: what there is at the moment. `outside`: how to what is not there. */
  constructor(surroundings: () => Surroundings, outside: Outside) {
    this.#surroundings = surroundings
    this.#outside = outside
  }

  check(text: string, file: string, base?: string, others: readonly string[] = []): CheckedWorkflow {
    const found = { text, file, ...(base !== undefined && { base }) }
    return checkWorkflow(found, this.#around(others), others)
  }

  /** What was handed in with a document is nearer to it than all else. */
  #around(others: readonly string[]): Surroundings {
    const surroundings = this.#surroundings()
    if (others.length === 0) return surroundings
    return { ...surroundings, source: eitherSource([textSource(others), surroundings.source]) }
  }

  /** What was complete once is so again with the same modules, but for what they cannot do at the moment. */
  async complete(checked: CheckedWorkflow): Promise<CheckedWorkflow> {
    if (!checked.document || checked.complete) return checked
    const surroundings = this.#around(checked.others)
    const known = this.#completed.get(checked)
    if (
      known?.generation === surroundings.generation &&
      (await allAvailable(known.capabilities, surroundings))
    )
      return known.whole
    const completed = await completeWorkflow(checked, surroundings, this.#outside)
    if (!completed.document) return completed
    const sources = scriptSources({ ...checked, document: checked.document }, completed.document)
    const whole = sources.size === 0 ? completed : { ...completed, sources: Object.fromEntries(sources) }
    this.#remember(whole.text, completed.document)
    this.#keepSources(whole.text, sources)
    if (needsNothing(checked, whole)) {
      const capabilities = [
        ...new Set([...everyTaskOf(completed.document)].map(({ capability }) => capability)),
      ]
      this.#completed.set(checked, { whole, capabilities, generation: surroundings.generation })
    }
    return whole
  }

  /** A document that a task gave, ready to run. Rejects with a `TaskFault` of type validation that says all that is wrong. */
  async prepare(given: Json): Promise<PreparedDocument> {
    const text = typeof given === 'string' ? given : JSON.stringify(given, null, 2)
    const whole = await this.complete(this.check(text, 'the workflow of the task'))
    if (whole.document) return { text: whole.text, workflows: whole.workflows, document: whole.document }
    throw TaskFault.of('validation', formatProblems(whole.problems, whole))
  }

  /** The document of a run. The workflows that it runs are kept with the run. Throws `NexusError` `invalid_workflow`. */
  read(text: string, variables: readonly string[] = []): Workflow {
    const key = [text, ...variables].join('\0')
    const known = this.#read.get(key)
    if (known) return known
    const options = { file: 'the document of the run', variables }
    const parsed = checkAlone(text, options, this.#surroundings())
    const document = this.#remember(key, valid(parsed))
    // Which file it came from nobody said.
    if (!this.#sources.has(text))
      this.#keepSources(text, scriptSources({ ...parsed, document, file: document.document.name }))
    return document
  }

  /** Where the code of a script task stands; undefined where it is no code of the document. */
  sourceOf(text: string, reference: string): SourcePlace | undefined {
    return this.#sources.get(text)?.get(reference)
  }

  #keepSources(text: string, sources: ScriptSources): void {
    if (sources.size === 0) return
    if (this.#sources.size >= readMax) this.#sources.clear()
    this.#sources.set(text, sources)
  }

  #remember(key: string, document: Workflow): Workflow {
    if (this.#read.size >= readMax) this.#read.clear()
    this.#read.set(key, document)
    return document
  }
}

/** Throws `NexusError` `invalid_workflow`, which says all that is wrong. */
export function valid(
  checked: Pick<ParsedWorkflow, 'problems' | 'text' | 'file'> & { readonly document?: Workflow | undefined },
): Workflow {
  if (checked.document) return checked.document
  throw new NexusError('invalid_workflow', formatProblems(checked.problems, checked))
}

interface Completed {
  readonly whole: CheckedWorkflow
  readonly capabilities: readonly string[]
  readonly generation: number
}

/** Neither anything from outside nor other workflows, both of which may change. */
function needsNothing(checked: CheckedWorkflow, whole: CheckedWorkflow): boolean {
  return whole.text === checked.text && Object.keys(whole.workflows).length === 0
}

async function allAvailable(
  capabilities: readonly string[],
  { unavailable }: Surroundings,
): Promise<boolean> {
  for (const capability of capabilities) if ((await unavailable(capability)) !== undefined) return false
  return true
}
