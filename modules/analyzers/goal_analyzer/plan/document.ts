/** The whole: statements to a workflow document, with what it needs and what was assumed. */
import type { Json, JsonObject } from '@nexus/sdk'
import type { Catalogue } from '../catalogue.ts'
import type { Statement } from '../grammar/tree.ts'
import type { Vocabulary } from '../grammar/vocabulary.ts'
import { Refusal } from '../refusal.ts'
import { structureDoings } from '../grammar/sentences.ts'
import { checkDoings, question } from './checks.ts'
import { Compiler } from './compiler.ts'
import { defined } from './definitions.ts'
import { aggregateOperations } from './operations/aggregates.ts'
import { callOperations } from './operations/calls.ts'
import { columnOperations } from './operations/columns.ts'
import { commandOperations } from './operations/commands.ts'
import { controlOperations } from './operations/control.ts'
import { fileOperations } from './operations/files.ts'
import { pairOperations } from './operations/pairs.ts'
import { questionOperations } from './operations/questions.ts'
import { rowOperations } from './operations/rows.ts'
import { sourceOperations } from './operations/sources.ts'
import { textOperations } from './operations/texts.ts'
import { limitsOf, narrowedBy } from './limits.ts'
import { Plan, type Need, type Step } from './plan.ts'
import type { Schemas } from './schemas.ts'
import { block, ensure } from './statements.ts'
import { inExpression, keyOf, quoted, unique, type Value } from './values.ts'

export interface PlannedWorkflow {
  readonly workflow: JsonObject
  readonly tasks: readonly { id: string; type: string; input: Json }[]
  readonly steps: readonly Step[]
  readonly needs: readonly Need[]
  readonly assumptions: readonly string[]
}

export interface PlanningOptions {
  readonly goal: string
  readonly catalogue: Catalogue
  readonly vocabulary: Vocabulary
  readonly schemas: Schemas
  readonly stepsMax: number
  readonly constraints: Json
}

/** What a pattern may say that it does. */
export function isKnownDoing(does: string): boolean {
  return Object.hasOwn(operations, does) || checkDoings.has(does) || structureDoings.has(does)
}

const operations = {
  ...sourceOperations,
  ...aggregateOperations,
  ...rowOperations,
  ...columnOperations,
  ...pairOperations,
  ...questionOperations,
  ...fileOperations,
  ...commandOperations,
  ...callOperations,
  ...textOperations,
  ...controlOperations,
  ensure,
  question,
}

/** Throws `Refusal`. */
export function planOf(statements: readonly Statement[], options: PlanningOptions): PlannedWorkflow {
  const given = limitsOf(options.constraints, options.stepsMax, options.vocabulary)
  const limits = narrowedBy(given, statements)
  const plan = new Plan(options.goal, options.catalogue, limits)
  const compiler = new Compiler({
    plan,
    vocabulary: options.vocabulary,
    schemas: options.schemas,
    operations,
  })
  const last = block(compiler, statements)
  if (plan.tasks.length === 0) throw new Refusal('Nothing is to be done.', [])
  const output = outputOf(compiler, last)
  plan.prune(output)
  return {
    workflow: documentOf(options.goal, plan.tasks, { output, timeoutMs: limits.timeoutMs }),
    tasks: plan.flat,
    steps: plan.steps,
    needs: plan.needs,
    assumptions: plan.assumptions,
  }
}

/** What comes out of a run: the one result that nothing else used; where there are several, each under its name. */
function outputOf(compiler: Compiler, last: Value | undefined): string {
  const open = compiler.values.filter(
    (value, at, all) => !compiler.used.has(value) && (value.isByTheWay !== true || at === all.length - 1),
  )
  const different = open.filter(
    (value, at) => open.findLastIndex(({ expression }) => expression === value.expression) === at,
  )
  if (different.length === 0) return last?.expression ?? compiler.values.at(-1)?.expression ?? 'null'
  const [only] = different
  if (different.length === 1 && only) return only.expression
  const names = unique(different.map(memberName))
  return `{${different.map(({ expression }, at) => `${keyOf(quoted(names[at] ?? ''))}: ${expression}`).join(', ')}}`
}

function memberName({ expression }: Value, at: number): string {
  return /\.(\w+)(?: else .*)?$/.exec(expression)?.[1] ?? `result_${at + 1}`
}

const nameLengthMax = 60

function documentOf(
  goal: string,
  tasks: readonly JsonObject[],
  { output, timeoutMs }: { readonly output: string; readonly timeoutMs: number | undefined },
): JsonObject {
  const words = goal
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, nameLengthMax)
  const name = words.replaceAll(/^-+|-+$/g, '') || 'goal'
  return {
    document: {
      dsl: '1.0.3',
      namespace: 'goals',
      name,
      version: '1.0.0',
      title: 'A goal',
      summary: goal.slice(0, summaryLengthMax),
    },
    ...(timeoutMs !== undefined && { timeout: { after: { milliseconds: timeoutMs } } }),
    do: tasks,
    output: { as: inExpression(defined(output)) },
  }
}

const summaryLengthMax = 500
