/**
 * What every task can have, whatever its kind.
 */
import { exportRule, input, output } from './data_flow.ts'
import { anyObject, closed, either, expression, mark, optional, text } from './describe.ts'
import { timeout } from './duration.ts'
import type { TProperties } from 'typebox'

export const flowDirective = (description: string) =>
  text(description, {
    title: 'continue, exit, end, or the name of a task in the same list',
    minLength: 1,
    ...mark({ text: 'plain' }),
  })

export const timeoutOrName = (description: string) =>
  either(
    'a timeout such as {after: PT30S}, or the name of one in `use.timeouts`',
    [
      timeout(description),
      text('The name of a timeout in `use.timeouts`.', {
        title: 'the name of a timeout',
        ...mark({ use: 'timeouts' }),
      }),
    ],
    description,
  )

export const taskBase = {
  if: optional(expression('Runs the task only when this is true; its raw input is its output otherwise.')),
  input: optional(input('What comes into the task.')),
  output: optional(output('What goes out of the task.')),
  export: optional(exportRule('What the task puts into the context.')),
  timeout: optional(timeoutOrName('How long the task may take.')),
  // oxlint-disable-next-line unicorn/no-thenable -- `then` is the specification's word for what follows.
  then: optional(
    flowDirective('What follows: continue (the default), exit, end, or the name of a task in the same list.'),
  ),
  metadata: optional(anyObject('Facts about the task, for tools.', mark({ text: 'plain' }))),
}

export const taskBaseKeys: readonly string[] = Object.keys(taskBase)

/** A task of one kind: its own keys besides those of every task. */
export function task<const Properties extends TProperties>(
  title: string,
  description: string,
  properties: Properties,
  extra: Readonly<Record<string, unknown>> = {},
) {
  return closed(title, description, { ...properties, ...taskBase }, extra)
}
