/** The testing kit itself: what it refuses, what it records. */
import { expect, test } from 'vitest'
import { ModuleResult, OrchestratorModule, type ModuleContext } from '@nexus/sdk'
import { configDefaults, outcome, testContext, testSetup } from '@nexus/sdk/testing'

class Once extends OrchestratorModule {
  override async execute(context: ModuleContext): Promise<ModuleResult> {
    const child = await context.run.task({ at: ['do', 0, 'greet'], input: context.run.input })
    context.stream({ channel: 'stdout', text: 'done' })
    context.log.info('greeted', { then: child.then })
    return ModuleResult.ok(child.output)
  }
}

test('a module runs against played children, and everything it does is recorded', async () => {
  const context = testContext({
    inputData: {},
    input: { name: 'Ada' },
    tasks: { greet: (input) => outcome([input], { then: 'exit' }) },
  })
  const result = await new Once().execute(context)
  expect(result.outputData).toEqual([{ name: 'Ada' }])
  expect(context.recorded.children).toEqual([{ at: ['do', 0, 'greet'], input: { name: 'Ada' } }])
  expect(context.recorded.streams).toEqual([{ channel: 'stdout', text: 'done' }])
  expect(context.recorded.logs).toEqual([{ level: 'info', message: 'greeted', fields: { then: 'exit' } }])
})

test('a value that is not JSON is refused where it would cross', async () => {
  const context = testContext({ inputData: {}, tasks: { greet: () => Number.NaN } })
  await expect(new Once().execute(context)).rejects.toThrow('NaN is not a JSON number')
})

test('what a child is given is a copy, so a task cannot reach into the module', async () => {
  const input = { list: [1] }
  const context = testContext({ inputData: {}, input, tasks: { greet: (given) => given } })
  const result = await new Once().execute(context)
  expect(result.outputData).toEqual(input)
  expect(result.outputData).not.toBe(input)
})

test('a child, a capability, an expression and a secret that the test did not give are named', async () => {
  const context = testContext({ inputData: {}, tasks: { other: () => 1 } })
  await expect(new Once().execute(context)).rejects.toThrow('no task "greet". Given: other.')
  await expect(context.call('llm.chat', {})).rejects.toThrow('no capability "llm.chat". Given: none.')
  await expect(context.run.evaluate('.a')).rejects.toThrow('Give testContext an `evaluate`')
  await expect(context.secrets.get('token')).rejects.toThrow('Secret "token" is not granted')
})

test('what setup entered in the ledger is released in reverse order', async () => {
  const setup = testSetup()
  const released: string[] = []
  setup.onTeardown('first', () => void released.push('first'))
  setup.onTeardown('second', () => void released.push('second'))
  await setup.release()
  expect(released).toEqual(['second', 'first'])
})

test('the defaults of a configuration schema are those that it names', () => {
  const schema = {
    type: 'object',
    properties: { a: { default: 1 }, b: { type: 'string' }, c: { default: false } },
  }
  expect(configDefaults(schema)).toEqual({ a: 1, c: false })
})
