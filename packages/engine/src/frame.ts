/**
 * A task at hand: where it stands, and what its expressions see. One frame lives as long as one task execution.
 */
import type { Json, JsonObject, ParentContext } from '@nexus/sdk'
import { standardVariables, type Scope, type Task } from '@nexus/workflow'
import type { Segment } from './path.ts'
import type { RunState } from './run_state.ts'

export interface FrameParts {
  readonly run: RunState
  readonly parent: Frame | undefined
  readonly name: string
  readonly kind: string
  readonly reference: string
  readonly path: string
  readonly definition: Task
  /** Besides those of the frames around it. */
  readonly variables: JsonObject | undefined
  readonly signal: AbortSignal
  readonly rawInput: Json
  /** Where the list of this frame really stands below it, when that is not at `do`. */
  readonly listAt?: readonly Segment[]
}

export class Frame implements Scope {
  readonly run: RunState
  readonly parent: Frame | undefined
  readonly name: string
  readonly kind: string
  readonly reference: string
  readonly path: string
  readonly definition: Task
  readonly names: readonly string[]
  readonly variables: JsonObject
  /** Aborts when the task is cancelled, or when its own timeout is over. */
  signal: AbortSignal
  readonly rawInput: Json
  readonly listAt: readonly Segment[] | undefined
  /** How many calls of functions are around it. */
  callDepth: number
  /** Whether it belongs to an extension: such tasks are not extended themselves. */
  extending: boolean
  /** Set as the task goes through its data flow. */
  input: Json = null
  rawOutput: Json = null
  output: Json = null
  startedAt = 0
  /** Whether the same time is given throughout: so for everything but orchestrators, which may wait for a time to come. */
  fixedTime = false
  /** Whether an expression of it has read the time. */
  readsTime = false
  #asParent: ParentContext | undefined
  /** The condition said no. */
  skipped = false
  /** What went wrong before the work began, if anything. */
  refused: unknown = undefined

  constructor(parts: FrameParts) {
    this.run = parts.run
    this.parent = parts.parent
    this.name = parts.name
    this.kind = parts.kind
    this.reference = parts.reference
    this.path = parts.path
    this.definition = parts.definition
    this.signal = parts.signal
    this.rawInput = parts.rawInput
    this.listAt = parts.listAt
    this.callDepth = parts.parent?.callDepth ?? 0
    this.extending = parts.parent?.extending ?? false
    const inherited = parts.parent?.variables ?? noVariables
    this.variables = parts.variables ? { ...inherited, ...parts.variables } : inherited
    this.names = parts.variables
      ? parts.run.names(Object.keys(this.variables))
      : (parts.parent?.names ?? standardVariables)
  }

  /** The same task with more variables, or with another definition below which children are looked for. */
  derive(change: { variables?: JsonObject; definition?: Task; reference?: string }): Frame {
    const { run, name, kind, reference, path, definition, signal, rawInput } = this
    const same = { run, parent: this, name, kind, reference, path, definition, signal, rawInput }
    const frame = new Frame({ ...same, variables: undefined, ...change })
    frame.input = this.input
    return frame
  }

  get loose(): boolean {
    return this.run.document.evaluate?.mode === 'loose'
  }

  /** What the tasks below are told of this one. */
  asParent(): ParentContext {
    this.#asParent ??= { taskId: this.path, name: this.name, kind: this.kind }
    return this.#asParent
  }

  lookup(name: string): Json {
    switch (name) {
      case 'context':
        return this.run.context ?? null
      case 'input':
        return this.input
      case 'output':
        return this.output
      case 'task':
        if ('task' in this.variables) return this.variables['task'] ?? null
        this.readsTime = true
        this.run.durable.noteTimeRead()
        return this.#descriptor()
      case 'workflow':
        return this.run.descriptor
      case 'runtime':
        return this.run.runtime
      case 'secrets':
        return this.run.secrets
      default:
        return this.variables[name] ?? null
    }
  }

  /** For a task that does something, the time of its first start, which is on disk before it does it. */
  now(): number {
    this.readsTime = true
    this.run.durable.noteTimeRead()
    return this.fixedTime ? this.startedAt : this.run.clock.now()
  }

  #descriptor(): Json {
    return {
      name: this.name,
      reference: this.reference,
      definition: this.definition as Json,
      input: this.rawInput,
      output: this.rawOutput,
      startedAt: dateTime(this.startedAt),
    }
  }
}

const noVariables: JsonObject = Object.freeze({})

/** The specification's date and time descriptor. `timeMs`: milliseconds since the Unix epoch. */
export function dateTime(timeMs: number): JsonObject {
  return {
    iso8601: new Date(timeMs).toISOString(),
    epoch: { seconds: Math.floor(timeMs / 1000), milliseconds: timeMs },
  }
}
