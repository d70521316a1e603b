/**
 * Extensions: lists of tasks that a document runs before and after tasks of a kind. A `before` list that leaves by
 * `then: exit` stands in for the task. Tasks of an extension are not extended themselves; in their expressions `$task`
 * is the task that they extend. Source: DSL 1.0.3, "Extensions".
 */
import type { JsonObject } from '@nexus/sdk'
import { isTrue, kindOf, type Extension, type Task } from '@nexus/workflow'
import type { Frame } from './frame.ts'
import { runList } from './interpreter.ts'
import { joinPath } from './path.ts'
import type { Work } from './primitives.ts'

/** Runs the work of a task with the extensions that apply to it around it. */
export function withExtensions(frame: Frame, work: () => Promise<Work>): Promise<Work> {
  const applied = applicable(frame)
  return applied.length === 0 ? work() : runAround(applied, frame, work)
}

async function runAround(
  applied: readonly Applied[],
  frame: Frame,
  work: () => Promise<Work>,
): Promise<Work> {
  for (const { extension, scope } of applied) {
    if (!extension.before) continue
    const { output, left } = await runList(scope, { at: ['before'], path: pathOf(scope), input: frame.input })
    if (left) return { output }
  }
  const done = await work()
  for (const { extension, scope } of applied) {
    if (extension.after) await runList(scope, { at: ['after'], path: pathOf(scope), input: done.output })
  }
  return done
}

interface Applied {
  readonly extension: Extension
  /** The frame below which the extension's lists are found. */
  readonly scope: Frame
}

function applicable(frame: Frame): readonly Applied[] {
  const { extensions } = frame.run.document.use ?? {}
  if (!extensions || frame.extending) return none
  return extensions.flatMap((entry, index) =>
    Object.entries(entry).flatMap(([name, extension]) => {
      if (!extendsKind(extension.extend, frame.definition)) return []
      const scope = scopeOf(frame, extension, ['use', 'extensions', index, name])
      return extension.when === undefined || isTrue(extension.when, frame.input, scope)
        ? [{ extension, scope }]
        : []
    }),
  )
}

const none: readonly Applied[] = []
const composites = new Set(['do', 'fork'])

function extendsKind(extend: string, definition: Task): boolean {
  const kind = kindOf(definition)
  return extend === 'all' || extend === kind || (extend === 'composite' && composites.has(kind))
}

/** `$task` has the members of the definition too, which is how documents write conditions on it. */
function scopeOf(frame: Frame, extension: Extension, at: readonly (string | number)[]): Frame {
  const task: JsonObject = { ...(frame.definition as JsonObject), ...(frame.lookup('task') as JsonObject) }
  const scope = frame.derive({
    definition: extension as unknown as Task,
    reference: joinPath('', at),
    variables: { task },
  })
  scope.extending = true
  return scope
}

function pathOf(scope: Frame): readonly string[] {
  return ['extension', scope.reference.slice(scope.reference.lastIndexOf('/') + 1)]
}
