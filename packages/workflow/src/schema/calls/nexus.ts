/**
 * The calls that Nexus adds to the specification: `nexus.dag`, `nexus.map`, `nexus.goal`.
 * They are custom calls, so that a document stays valid elsewhere and another runtime fails loudly.
 */
import { Type } from 'typebox'
import {
  anyObject,
  anything,
  closed,
  either,
  expression,
  list,
  mapOf,
  mark,
  optional,
  text,
  whole,
  wrappedExpression,
} from '../describe.ts'
import { task } from '../task_base.ts'
import { taskList } from '../task_list.ts'

const concurrency = optional(
  either(
    'a whole number from 1 or an expression ${ … }',
    [
      whole('How many run at once at most.', { minimum: 1 }),
      wrappedExpression('An expression that gives the number.'),
    ],
    'How many run at once at most.',
  ),
)

const taskName = (description: string) => text(description, mark({ text: 'plain' }))

export const CallDag = task('nexus.dag call', 'Runs tasks as soon as those that they depend on have ended.', {
  call: Type.Literal('nexus.dag'),
  with: closed(
    'nexus.dag call',
    'The tasks and what each comes after.',
    {
      tasks: taskList('The tasks. `$tasks.NAME` is the output of a finished one.', mark({ parallel: true })),
      after: optional(
        mapOf(
          list(taskName('The name of a task.'), 'What it comes after.'),
          'Task names to the names that they come after.',
        ),
      ),
      concurrency,
    },
    mark({ binds: { inside: ['tasks'], variables: [{ at: [], otherwise: 'tasks' }] } }),
  ),
})

const join = optional(
  either(
    'all, any or {count: n}',
    [
      Type.Literal('all', { title: 'all' }),
      Type.Literal('any', { title: 'any' }),
      closed('join', 'Ends when this many have ended.', { count: whole('How many.', { minimum: 1 }) }),
    ],
    'When the call is done: all items (the default), the first, or a number of them.',
  ),
)

export const CallMap = task('nexus.map call', 'Runs tasks for each item, several at once.', {
  call: Type.Literal('nexus.map'),
  with: closed(
    'nexus.map call',
    'The items and the tasks.',
    {
      in: either(
        'an expression or a list',
        [expression('An expression that gives a list.'), list(anything('An item.'), 'The items.')],
        'The items.',
      ),
      each: optional(taskName('The variable that holds the item; item by default.')),
      at: optional(taskName('The variable that holds its index; index by default.')),
      do: taskList('The tasks to run for each item.'),
      concurrency,
      join,
    },
    mark({
      binds: {
        inside: ['do'],
        variables: [
          { at: ['each'], otherwise: 'item' },
          { at: ['at'], otherwise: 'index' },
        ],
      },
    }),
  ),
})

export const CallGoal = task('nexus.goal call', 'Plans a goal, runs the plan, looks at what came out.', {
  call: Type.Literal('nexus.goal'),
  with: closed('nexus.goal call', 'The goal.', {
    goal: text('What is wanted, in words.', { minLength: 1 }),
    context: optional(anything('What is known.')),
    constraints: optional(
      either(
        'a list, an object or a text',
        [
          list(anything('A constraint.'), 'Constraints.'),
          anyObject('Constraints by name.'),
          text('A constraint.'),
        ],
        'What the plan must keep to.',
      ),
    ),
    max_steps: optional(
      either(
        'a whole number from 1 or an expression ${ … }',
        [
          whole('How many steps there may be.', { minimum: 1 }),
          wrappedExpression('An expression that gives the number.'),
        ],
        'How many steps there may be.',
      ),
    ),
  }),
})
