/** How the modules that are part of Nexus itself are written: tasks by their names, each a function of its input. */
import type { NativeModule } from '@nexus/kernel'
import {
  isJsonObject,
  ModuleResult,
  TaskFault,
  type Json,
  type JsonObject,
  type ProvidedTask,
} from '@nexus/sdk'

export interface NativeTask extends Omit<ProvidedTask, 'task'> {
  readonly perform: (input: JsonObject) => Json | Promise<Json>
}

/** `version`: of what it provides; modules may depend on it. */
export function nativeModule(
  id: string,
  version: string,
  tasks: Readonly<Record<string, NativeTask>>,
): NativeModule {
  return {
    id,
    version,
    type: 'analyzer',
    provides: Object.entries(tasks).map(([task, { perform: _perform, ...about }]) => ({ task, ...about })),
    async invoke({ inputData, metadata }) {
      const task = Object.hasOwn(tasks, nameOf(metadata.kind)) ? tasks[nameOf(metadata.kind)] : undefined
      if (!task) throw TaskFault.of('configuration', `"${id}" does not do "${metadata.kind}".`)
      if (!isJsonObject(inputData ?? {}))
        throw TaskFault.of('validation', `"${metadata.kind}" takes an object.`)
      return ModuleResult.ok(await task.perform((inputData ?? {}) as JsonObject))
    },
  }
}

/** Without the module that was asked for by name. */
function nameOf(kind: string): string {
  return kind.slice(kind.indexOf('/') + 1)
}

/** A whole number of the input between 1 and `most`. */
export function limitOf(input: JsonObject, usual: number, most: number): number {
  const { limit = usual } = input
  if (typeof limit === 'number' && Number.isInteger(limit) && limit >= 1 && limit <= most) return limit
  throw TaskFault.of('validation', `\`limit\` is a whole number from 1 to ${most}.`)
}
