/**
 * Why nobody does a task, in a sentence: a module that is here would, and does not run, or there is none. Pure.
 */
import type { FoundModule } from './discover.ts'
import { qualified } from './generation.ts'
import type { ModuleInfo } from './module_info.ts'
import { didYouMean } from './nearest.ts'
import { formatProblem } from './problem.ts'
import { isRecord } from './schema.ts'

/** Which module that is here would do that task, and why it does not; undefined where none would. */
export function whoWouldProvide(
  capability: string,
  found: readonly FoundModule[],
  modules: readonly ModuleInfo[],
): string | undefined {
  const provider = found.find(({ id, draft }) =>
    tasksIn(draft).some((task) => [task, qualified(id, task)].includes(capability)),
  )
  if (provider === undefined) return undefined
  const [problem] = modules.find(({ id }) => id === provider.id)?.problems ?? []
  const why =
    problem === undefined ? 'is not among the modules in use' : `cannot be used: ${formatProblem(problem)}`
  return `"${capability}" is provided by module "${provider.id}", which ${why}`
}

/** Also of a manifest that cannot be used. */
function tasksIn({ provides }: FoundModule['draft']): readonly string[] {
  if (!Array.isArray(provides)) return []
  return provides.flatMap((each: unknown) =>
    isRecord(each) && typeof each['task'] === 'string' ? [each['task']] : [],
  )
}

/** `known`: the tasks that somebody does. */
export function nobodyProvides(capability: string, known: readonly string[]): string {
  const hint = didYouMean(capability, known)
  return `No module provides "${capability}".${hint === undefined ? '' : ` ${hint}`}`
}
