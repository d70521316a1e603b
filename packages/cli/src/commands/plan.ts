/**
 * `nexus plan graph FILE | --goal "…"`: shows which task of a document, or of the plan of a goal, needs which. It runs
 * neither: what is run, in a scratch folder, is the planning and the drawing.
 */
import { planDocument, planIn, type Nexus } from '@nexus/nexus'
import { isJsonObject, NexusError, type Json } from '@nexus/sdk'
import { Option, type Command } from 'commander'
import type { Shell } from '../main.ts'
import { jsonText } from '../output/terminal_text.ts'
import { checkFile, workflowFolders } from './documents.ts'
import { jsonOption, readDocument, workflowsOption } from './options.ts'
import { refuseInvalid } from './refusal.ts'
import { withScratchNexus } from './scratch.ts'

interface GraphOptions {
  readonly goal?: string
  readonly format: 'mermaid' | 'dot' | 'tree'
  readonly json?: boolean
  readonly workflows?: readonly string[]
}

/** Draws the workflow of its input. */
const viewDocument = `document: { dsl: '1.0.3', namespace: nexus, name: plan-graph, version: '1.0.0' }
do:
  - view:
      call: graph.view
      with: { workflow: '\${ .workflow }', format: '\${ .format }' }
`

/** Analyses the workflow of its input. */
const analyzeDocument = `document: { dsl: '1.0.3', namespace: nexus, name: plan-graph, version: '1.0.0' }
do:
  - analyze:
      call: graph.analyze
      with: { workflow: '\${ .workflow }' }
`

export function addPlanCommand(program: Command, shell: Shell): void {
  const plan = program.command('plan').description('look at plans without running them')
  plan
    .command('graph [file]')
    .description('show which task of a document, or of the plan of a goal, needs which, and why')
    .option('--goal <words>', 'plan this goal instead of reading a document')
    .addOption(
      new Option('--format <format>', 'how it is drawn').choices(['mermaid', 'dot', 'tree']).default('tree'),
    )
    .option(...jsonOption)
    .option(...workflowsOption)
    .addHelpText('after', '\nExample: nexus plan graph workflow.yaml --format mermaid')
    .action((file: string | undefined, options: GraphOptions) => graph(file, options, shell))
}

async function graph(file: string | undefined, options: GraphOptions, shell: Shell): Promise<void> {
  const { goal } = options
  if ((file === undefined) === (goal === undefined))
    throw new NexusError('bad_usage', 'Give either a file or a goal. Try: nexus plan graph workflow.yaml')
  const text = file === undefined ? '' : await readDocument(file, shell.io)
  const folders = workflowFolders(file ?? '-', options.workflows)
  await withScratchNexus({ workflows: folders }, async (nexus) => {
    const workflow = file === undefined ? await planned(nexus, goal ?? '') : written(nexus, text, file)
    if (workflow !== undefined) await show(nexus, workflow, options, shell)
  })
}

/** The document as it is written. Throws `DocumentRefused`. */
function written(nexus: Nexus, text: string, file: string): Json {
  const checked = checkFile(nexus, text, file)
  refuseInvalid(checked)
  return JSON.parse(JSON.stringify(checked.document)) as Json
}

/** The workflow that the planner makes of a goal. */
async function planned(nexus: Nexus, goal: string): Promise<Json | undefined> {
  if (goal.trim() === '') throw new NexusError('bad_input', 'The goal is empty.')
  const tasks = await outcomeOf(nexus, planDocument, { goal })
  const plan = planIn(tasks)
  return plan !== undefined && isJsonObject(plan) ? plan['workflow'] : undefined
}

async function show(
  nexus: Nexus,
  workflow: Json,
  { format, json }: GraphOptions,
  shell: Shell,
): Promise<void> {
  const document = json === true ? analyzeDocument : viewDocument
  const tasks = await outcomeOf(nexus, document, { workflow, format })
  const drawn = tasks.at(-1)?.output ?? ''
  if (json === true) shell.io.json(drawn)
  else shell.io.out(typeof drawn === 'string' ? drawn : jsonText(drawn))
}

/** The tasks of a run of one of our own documents. Rejects with `NexusError` `planning_failed`. */
async function outcomeOf(nexus: Nexus, document: string, input: Json) {
  const checked = nexus.check(document, 'plan graph')
  refuseInvalid(checked)
  const live = await nexus.run(checked, input)
  await live.ended.catch(() => {}) // how it ended is in its record
  const record = await nexus.runs.get(live.id)
  if (record.status === 'completed') return record.tasks
  const { title, detail } = record.error ?? {}
  throw new NexusError('planning_failed', detail ?? title ?? `The planning was ${record.status}.`)
}
