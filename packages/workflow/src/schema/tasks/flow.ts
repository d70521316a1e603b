/** Tasks that decide what runs and in which order: do, fork, for, switch, try. */
import type { Static } from 'typebox'
import {
  anything,
  closed,
  either,
  expression,
  flag,
  list,
  mapOf,
  mark,
  open,
  optional,
  text,
} from '../describe.ts'
import { ErrorFilter } from '../error.ts'
import { retryOrName } from '../retry.ts'
import { flowDirective, task } from '../task_base.ts'
import { taskList } from '../task_list.ts'

export const DoTask = task('do task', 'Runs tasks one after the other.', {
  do: taskList('The tasks, in order.'),
})
export type DoTask = Static<typeof DoTask>

export const ForkTask = task('fork task', 'Runs tasks at the same time.', {
  fork: closed('fork', 'The branches.', {
    branches: taskList('The tasks to run at the same time.', mark({ parallel: true })),
    compete: optional(
      flag('The first to end wins and gives the output; false by default: all outputs, in order.'),
    ),
  }),
})
export type ForkTask = Static<typeof ForkTask>

const variable = (description: string) => text(description, { ...mark({ text: 'plain' }) })

export const ForTask = task(
  'for task',
  'Runs tasks for each item of a list, one item after the other.',
  {
    for: closed('for', 'The items.', {
      each: optional(variable('The variable that holds the item; item by default.')),
      in: either(
        'an expression or a list',
        [expression('An expression that gives a list.'), list(anything('An item.'), 'The items.')],
        'The items.',
      ),
      at: optional(variable('The variable that holds the index; index by default.')),
    }),
    while: optional(expression('Goes on only while this is true.')),
    do: taskList('The tasks to run for each item.'),
  },
  mark({
    binds: {
      inside: ['while', 'do'],
      variables: [
        { at: ['for', 'each'], otherwise: 'item' },
        { at: ['for', 'at'], otherwise: 'index' },
      ],
    },
  }),
)
export type ForTask = Static<typeof ForTask>

export const SwitchCase = closed('case', 'A case of a switch.', {
  when: optional(expression('The case is taken when this is true; the case without it is the default.')),
  // oxlint-disable-next-line unicorn/no-thenable -- `then` is the specification's word for what follows.
  then: flowDirective('What follows: continue, exit, end, or the name of a task in the same list.'),
})
export type SwitchCase = Static<typeof SwitchCase>

export const SwitchTask = task('switch task', 'Goes on with the first case that holds.', {
  switch: list(
    mapOf(SwitchCase, 'One case with its name.', {
      title: 'item of a switch',
      minProperties: 1,
      maxProperties: 1,
    }),
    'The cases, in order.',
    { minItems: 1 },
  ),
})
export type SwitchTask = Static<typeof SwitchTask>

const catchClause = closed(
  'catch',
  'Which errors are caught, and what happens then.',
  {
    errors: optional(
      open('errors to catch', 'Which errors are caught; all by default.', { with: optional(ErrorFilter) }),
    ),
    as: optional(variable('The variable that holds the error; error by default.')),
    when: optional(expression('Catches only when this is true.')),
    exceptWhen: optional(expression('Does not catch when this is true.')),
    retry: optional(retryOrName),
    do: optional(taskList('The tasks to run when an error was caught.')),
    // oxlint-disable-next-line unicorn/no-thenable -- `then` is the specification's word for what follows.
    then: optional(flowDirective('What follows once the error was caught.')),
  },
  mark({
    binds: {
      inside: ['when', 'exceptWhen', 'retry', 'do'],
      variables: [{ at: ['as'], otherwise: 'error' }],
    },
  }),
)

export const TryTask = task('try task', 'Runs tasks and catches their errors.', {
  try: taskList('The tasks to try.'),
  catch: catchClause,
})
export type TryTask = Static<typeof TryTask>
