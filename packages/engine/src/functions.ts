/**
 * Calls of functions that the document declares in `use.functions`: the function's task runs as a child of the call,
 * with the call's `with` as its input. Source: DSL 1.0.3, "Use" and "Call".
 */
import { TaskFault } from '@nexus/sdk'
import { evaluateTemplate, resolveFunction, type Task } from '@nexus/workflow'
import type { Frame } from './frame.ts'
import { runChild } from './interpreter.ts'
import type { Work } from './primitives.ts'

/** Functions may call each other, also themselves; this many calls deep, and no deeper. */
const nestingMax = 200

export function isFunction({ definition, kind, run }: Frame): boolean {
  return 'call' in definition && resolveFunction(run.document, kind) !== undefined
}

export async function callFunction(frame: Frame): Promise<Work> {
  const { definition, kind, run } = frame
  if (frame.callDepth >= nestingMax) {
    throw TaskFault.of(
      'runtime',
      `Functions are nested deeper than ${nestingMax} calls: does "${kind}" call itself without end?`,
    )
  }
  const given = 'call' in definition ? (definition.with ?? {}) : {}
  const functions = frame.derive({
    definition: run.document.use?.functions as unknown as Task,
    reference: '/use/functions',
  })
  functions.callDepth = frame.callDepth + 1
  const input = evaluateTemplate(given, frame.input, frame)
  const { output } = await runChild(functions, { at: [kind], path: ['function', kind], input })
  return { output }
}
