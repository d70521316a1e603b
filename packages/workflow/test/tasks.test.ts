/** Kinds, capabilities and references of the tasks of a document. */
import { describe, expect, test } from 'vitest'
import {
  capabilityOf,
  parseWorkflow,
  resolveFunction,
  taskAt,
  tasksOf,
  validateCapabilities,
} from '../src/index.ts'
import { parseMarked, told, validTasks, withTask, withTasks } from './documents.ts'

const nested = withTasks(`  - one:
      fork:
        branches:
          - left: {do: [{inner: {set: {x: 1}}}]}
          - right: {run: {shell: {command: ls}}}
  - two/three:
      for: {in: .x}
      do: [{step: {call: http, with: {method: get, endpoint: https://x}}}]
  - four:
      try: [{risky: {run: {script: {language: js, code: a}}}}]
      catch: {do: [{mend: {wait: PT1S}}]}
  - five:
      listen: {to: {any: []}}
      foreach: {do: [{each: {emit: {event: {with: {type: a}}}}}]}
  - six: {call: nexus.dag, with: {tasks: [{first: {raise: {error: {type: https://x, status: 400}}}}]}}
  - seven: {call: nexus.map, with: {in: .x, do: [{again: {call: query.sql}}]}}
`)

test('every task is found with its reference, also those inside others', () => {
  const { document } = parseWorkflow(nested)
  const found = document
    ? [...tasksOf(document)].map(({ reference, capability, depth }) => `${depth} ${reference} ${capability}`)
    : []
  expect(found).toEqual([
    '0 /do/0/one fork',
    '1 /do/0/one/fork/branches/0/left do',
    '2 /do/0/one/fork/branches/0/left/do/0/inner set',
    '1 /do/0/one/fork/branches/1/right run.shell',
    '0 /do/1/two~1three for',
    '1 /do/1/two~1three/do/0/step http',
    '0 /do/2/four try',
    '1 /do/2/four/try/0/risky run.script',
    '1 /do/2/four/catch/do/0/mend wait',
    '0 /do/3/five listen',
    '1 /do/3/five/foreach/do/0/each emit',
    '0 /do/4/six nexus.dag',
    '1 /do/4/six/with/tasks/0/first raise',
    '0 /do/5/seven nexus.map',
    '1 /do/5/seven/with/do/0/again query.sql',
  ])
})

test('a task is found again by its reference', () => {
  const { document } = parseWorkflow(nested)
  if (!document) throw new Error('the sample is valid')
  for (const { reference, task } of tasksOf(document)) expect(taskAt(document, reference)).toBe(task)
  expect(taskAt(document, '/do/9/none')).toBeUndefined()
  expect(taskAt(document, '/do')).toBeUndefined()
  expect(taskAt(document, '/do/0/constructor')).toBeUndefined()
})

test('each kind of task has the capability that it is routed by', () => {
  const { document } = parseWorkflow(
    withTasks(
      Object.values(validTasks)
        .map((task, index) => `  - t${index}: ${task}\n`)
        .join(''),
    ),
  )
  const capabilities = document?.do.map((item) => Object.values(item).map(capabilityOf)[0])
  expect(new Set(capabilities)).toEqual(
    new Set(
      'http openapi grpc asyncapi a2a mcp nexus.dag nexus.map nexus.goal query.sql do emit for fork listen raise run.container run.script run.shell run.workflow set switch try wait'.split(
        ' ',
      ),
    ),
  )
})

test('a function of the document is resolved by its name', () => {
  const { document } = parseWorkflow(
    withTask('{call: greet}', 'use: {functions: {greet: {set: {hello: world}}}}\n'),
  )
  if (!document) throw new Error('the sample is valid')
  expect(resolveFunction(document, 'greet')).toEqual({ set: { hello: 'world' } })
  expect(resolveFunction(document, 'toString')).toBeUndefined()
})

describe('a task that no module provides', () => {
  const known = ['set', 'http', 'query.sql', 'run.shell']
  const check = (text: string) => {
    const { parsed, place } = parseMarked(text)
    expect(told(parsed)).toEqual([])
    return {
      place,
      problems: validateCapabilities(parsed, (capability) => known.includes(capability), known),
    }
  }

  test('is refused at its call, with the nearest that is provided', () => {
    const { problems, place } = check(withTask('{call: »query.sq}'))
    expect(told({ problems })).toEqual([
      expect.stringContaining(
        `${place} unknown_capability No module provides \`query.sq\` (task \`t\`). Did you mean \`query.sql\`?`,
      ),
    ])
  })

  test('is refused at its kind, with all that is provided', () => {
    const { problems, place } = check(withTask('{»fork: {branches: []}}'))
    expect(told({ problems })).toEqual([expect.stringContaining(`${place} unknown_capability`)])
    expect(told({ problems })[0]).toContain('Provided: `set`, `http`')
  })

  test('is found inside functions, and a call of a function is none', () => {
    const { problems, place } = check(
      withTask('{call: greet}', 'use: {functions: {greet: {call: »nobody.has}}}\n'),
    )
    expect(told({ problems })).toEqual([expect.stringContaining(`${place} unknown_capability`)])
  })

  test('is none when all are provided', () => {
    expect(check(withTask('{run: {shell: {command: ls}}}')).problems).toEqual([])
  })
})
