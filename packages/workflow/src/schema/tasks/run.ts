/** `run`: containers, scripts, shell commands and other workflows. */
import type { Static } from 'typebox'
import {
  anyObject,
  anything,
  choice,
  closed,
  either,
  flag,
  list,
  mark,
  optional,
  text,
  wrappedExpression,
} from '../describe.ts'
import { duration } from '../duration.ts'
import { externalResource } from '../endpoint.ts'
import { task } from '../task_base.ts'

const environment = optional(anyObject('Environment variables.'))
const stdin = optional(text('What is written to its standard input.'))
const argumentList = optional(
  either(
    'a list of texts, or an expression ${ … }',
    [list(text('An argument.'), 'The arguments.'), wrappedExpression('An expression that gives the list.')],
    'The arguments.',
  ),
)

/** Examples of the specification name them, and scripts read them by their names. */
const namedArguments = optional(
  either(
    'a list of texts, an object of arguments by name, or an expression ${ … }',
    [
      list(text('An argument.'), 'The arguments.'),
      anyObject('The arguments by name.'),
      wrappedExpression('An expression that gives them.'),
    ],
    'The arguments.',
  ),
)

const lifetime = closed('container lifetime', 'When the container is removed.', {
  cleanup: choice(['always', 'never', 'eventually'], 'At once, never, or after a while.'),
  after: optional(duration('After how long, for eventually.')),
})

export const Container = closed('container', 'A container to run.', {
  image: text('The image.'),
  name: optional(text('Its name.')),
  command: optional(text('The command to run in it.', mark({ text: 'shell' }))),
  ports: optional(anyObject('Port mappings.')),
  volumes: optional(anyObject('Volume mappings.')),
  environment,
  stdin,
  arguments: argumentList,
  lifetime: optional(lifetime),
  pullPolicy: optional(
    choice(['ifNotPresent', 'always', 'never'], 'When to pull the image; ifNotPresent by default.'),
  ),
})
export type Container = Static<typeof Container>

export const Script = closed(
  'script',
  'A script to run.',
  {
    language: text('js or python.'),
    code: optional(text('Its code.', mark({ text: 'code' }))),
    source: optional(externalResource('Where its code is found.')),
    stdin,
    arguments: namedArguments,
    environment,
  },
  mark({ exactlyOne: [['code', 'source']] }),
)
export type Script = Static<typeof Script>

export const Shell = closed('shell command', 'A command to run.', {
  command: text('The command.', mark({ text: 'shell' })),
  stdin,
  arguments: argumentList,
  environment,
})
export type Shell = Static<typeof Shell>

export const Subflow = closed('workflow to run', 'Another workflow.', {
  namespace: text('Its namespace.', mark({ text: 'plain' })),
  name: text('Its name.', mark({ text: 'plain' })),
  version: text('Its version, or latest.', { default: 'latest', ...mark({ text: 'plain' }) }),
  input: optional(anything('Its input.')),
})
export type Subflow = Static<typeof Subflow>

export const RunTask = task('run task', 'Runs a container, a script, a shell command or another workflow.', {
  run: closed(
    'run',
    'What to run.',
    {
      container: optional(Container),
      script: optional(Script),
      shell: optional(Shell),
      workflow: optional(Subflow),
      await: optional(flag('Waits until it has ended; true by default.')),
      return: optional(
        choice(['stdout', 'stderr', 'code', 'all', 'none'], 'What it gives; stdout by default.'),
      ),
    },
    mark({ exactlyOne: [['container', 'script', 'shell', 'workflow']] }),
  ),
})
export type RunTask = Static<typeof RunTask>
