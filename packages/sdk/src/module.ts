/**
 * The base classes of modules. An entry file exports a class named `Module` that extends one of them.
 * A host makes one instance for an artifact and a configuration, calls `setup` once, `execute` for each task
 * (many at once), and `teardown` once, even when `setup` threw. Both must be safe to call twice.
 */
import type { ModuleContext, SetupContext } from './context.ts'
import { TaskFault } from './errors.ts'
import type { Json, JsonObject } from './json.ts'
import { ModuleResult } from './result.ts'

/** What one version of a module hands over to the next. */
export interface HandedOver {
  /** Everything that it keeps in `state`, by key. */
  readonly state: JsonObject
  /** What its `snapshot` gave; null where it gave none. */
  readonly memory: Json
}

export abstract class BaseModule {
  readonly config: JsonObject

  constructor(config: JsonObject = {}) {
    this.config = config
  }

  async setup(_context: SetupContext): Promise<void> {}

  /**
   * Does one task. A crash before its result is recorded runs it again, with the same `context.idempotencyKey`.
   * A thrown `TaskFault` faults the task; any other exception faults it as a runtime error.
   */
  abstract execute(context: ModuleContext): Promise<ModuleResult>

  async teardown(): Promise<void> {}

  /**
   * Why this module cannot do tasks of a kind here and now, as a sentence; asked before a run begins, so that it does not
   * find out halfway. Undefined, the default, where nothing is in the way. Asked of modules inside of Nexus only: one in a
   * process of its own says it by a fault.
   */
  async unavailable(_task: string): Promise<string | undefined> {
    return undefined
  }

  /**
   * What this version holds in memory that the one that takes its place needs. Asked when its successor has been set up
   * and no task is under way at either; tasks that come meanwhile wait. What it keeps in `state` needs none of this.
   */
  snapshot?(): Promise<Json>

  /**
   * Brings what another version kept (`state`) or held (`memory`) to the shape of this one. Called after `setup`, before
   * this version serves. What it gives takes the place of both; a version that is gone back to finds its own as they were.
   */
  migrate?(handed: HandedOver, versions: { readonly from: string; readonly to: string }): Promise<HandedOver>

  /** Takes up what the version before gave as its snapshot, after `migrate`. */
  restore?(memory: Json): Promise<void>

  /** What is wrong with a configuration beyond its schema, in sentences; none by default. */
  validateConfig(_config: JsonObject): readonly string[] {
    return []
  }
}

/** Decides what runs when. It gets the task's definition as written and runs children through `context.run.task`. */
export abstract class OrchestratorModule extends BaseModule {
  /** A goal in words to a list of tasks, by the installed analyzers. */
  async decomposeGoal(context: ModuleContext, goal: string): Promise<Json> {
    return context.call('goal.plan', { goal })
  }

  /** Sends one task (`type`: a capability's name) to whichever module provides it, and gives its output. */
  async routeTask(context: ModuleContext, task: { type: string; input?: Json }): Promise<Json> {
    return context.call(task.type, task.input ?? null)
  }
}

/** Turns something into something known: a plan, a graph, an estimate. */
export abstract class AnalyzerModule extends BaseModule {
  abstract analyze(context: ModuleContext): Promise<Json>

  override async execute(context: ModuleContext): Promise<ModuleResult> {
    return ModuleResult.ok(await this.analyze(context))
  }
}

/** Does the work of one or more kinds of task. */
export abstract class ExecutorModule extends BaseModule {
  /** Whether this module does tasks of that kind. */
  abstract canExecute(kind: string): boolean
  abstract executeTask(context: ModuleContext): Promise<ModuleResult>

  override async execute(context: ModuleContext): Promise<ModuleResult> {
    const { kind } = context.metadata
    if (!this.canExecute(kind))
      throw TaskFault.of('configuration', `This module does not execute "${kind}" tasks.`)
    return this.executeTask(context)
  }
}

/** Reaches another system. Connects at setup, lets go at teardown. */
export abstract class IntegrationModule extends BaseModule {
  abstract connect(context: SetupContext): Promise<void>
  abstract disconnect(): Promise<void>

  override async setup(context: SetupContext): Promise<void> {
    await this.connect(context)
  }

  override async teardown(): Promise<void> {
    await this.disconnect()
  }
}
