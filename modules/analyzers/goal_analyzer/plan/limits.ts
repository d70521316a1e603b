/**
 * What a plan has to keep to: what the goal says of itself, and the constraints that came with it. Each is applied, or
 * refused by its name; none is passed over. Those that whoever runs the plan keeps to are left to it.
 */
import { isJsonObject, nearest, type Json, type JsonObject } from '@nexus/sdk'
import { parseConstraint } from '../grammar/parser.ts'
import type { Constraint, Statement } from '../grammar/tree.ts'
import type { Vocabulary } from '../grammar/vocabulary.ts'
import { Refusal, type Span } from '../refusal.ts'

export interface Limits {
  readonly stepsMax: number
  /** Whether anything may be reached over the network. */
  readonly network: boolean
  /** How long the whole may take. */
  readonly timeoutMs: number | undefined
  /** Capabilities that it may not use. */
  readonly without: readonly string[]
}

/** What `nexus.goal` keeps to by itself, whoever plans. */
const heededElsewhere = [
  'max_retries',
  'max_replans',
  'depth',
  'budget',
  'approve',
  'ask_human',
  'expect',
  'limits',
]
const heededHere = ['max_steps', 'timeout_ms', 'network', 'without']

/** Throws `Refusal`. */
export function limitsOf(given: Json, stepsMax: number, vocabulary: Vocabulary): Limits {
  const none: Limits = { stepsMax, network: true, timeoutMs: undefined, without: [] }
  if (given === null) return none
  if (isJsonObject(given)) return fromObject(given, none)
  const texts = Array.isArray(given) ? given : [given]
  return texts.reduce((limits: Limits, text: Json) => fromText(text, limits, vocabulary), none)
}

function fromText(text: Json, limits: Limits, vocabulary: Vocabulary): Limits {
  const constraint = typeof text === 'string' ? parseConstraint(text, vocabulary) : undefined
  if (constraint) return narrowed(limits, constraint, [])
  throw refusalOf(
    `The constraint ${JSON.stringify(text)} is not understood.`,
    '“without network”, “in at most 5 steps”, “within 10 minutes”',
  )
}

function fromObject(given: JsonObject, limits: Limits): Limits {
  const known = [...heededHere, ...heededElsewhere]
  const strange = Object.keys(given).find((key) => !known.includes(key))
  if (strange !== undefined) {
    const near = nearest(strange, known)
    throw refusalOf(
      `Nobody keeps to a constraint called “${strange}”. There are: ${known.join(', ')}.`,
      near && `“${near}”`,
    )
  }
  const { max_steps: steps, timeout_ms: time, network = true, without = [] } = given
  if (typeof network !== 'boolean') throw refusalOf('The constraint “network” is true or false.')
  if (!Array.isArray(without) || without.some((name) => typeof name !== 'string'))
    throw refusalOf('The constraint “without” is a list of capabilities.')
  return {
    stepsMax: Math.min(limits.stepsMax, positive(steps, 'max_steps') ?? limits.stepsMax),
    network,
    timeoutMs: positive(time, 'timeout_ms'),
    without: without.map(String),
  }
}

function positive(value: Json | undefined, name: string): number | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value
  throw refusalOf(`The constraint “${name}” is a whole number above 0.`)
}

function refusalOf(message: string, hint?: string): Refusal {
  return new Refusal(message, [], hint)
}

/** With what the goal itself says, wherever in it that stands. Throws `Refusal`. */
export function narrowedBy(limits: Limits, statements: readonly Statement[]): Limits {
  return statements.reduce((before, statement) => {
    const own =
      statement.kind === 'constrained' ? narrowed(before, statement.constraint, [statement.span]) : before
    return listsIn(statement).reduce((inner, list) => narrowedBy(inner, list), own)
  }, limits)
}

function listsIn(statement: Statement): readonly (readonly Statement[])[] {
  switch (statement.kind) {
    case 'action':
      return []
    case 'if':
      return [statement.then, statement.otherwise ?? []]
    case 'parallel':
      return [statement.branches]
    case 'rescue':
      return [statement.body, statement.handler]
    case 'each':
    case 'retry':
    case 'repeat':
    case 'time_limit':
    case 'constrained':
      return [statement.body]
  }
}

function narrowed(limits: Limits, constraint: Constraint, spans: readonly Span[]): Limits {
  switch (constraint.kind) {
    case 'network':
      return { ...limits, network: false }
    case 'steps':
      return { ...limits, stepsMax: Math.min(limits.stepsMax, constraint.max) }
    case 'time':
      return { ...limits, timeoutMs: Math.min(limits.timeoutMs ?? Infinity, constraint.milliseconds) }
    case 'budget':
      throw new Refusal(
        'What a plan costs is only known when it runs. Give the budget beside the goal, as the constraint `budget`.',
        spans,
      )
  }
}
