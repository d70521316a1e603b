/** The testing kit itself: what it refuses, what it records. */
import { expect, test } from 'vitest'
import { ModuleResult, OrchestratorModule, type ModuleContext } from '@nexus/sdk'
import {
  checkOutput,
  configDefaults,
  memoryBlobs,
  outcome,
  readAll,
  testContext,
  testSetup,
} from '@nexus/sdk/testing'

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

test('blobs are kept by their content, and go from one context to the next', async () => {
  const blobs = memoryBlobs()
  const { blobs: first } = testContext({ inputData: null, blobs })
  const reference = await first.write(['Łó', Buffer.from('dź')], { mediaType: 'text/plain' })
  expect(reference).toEqual({
    blob: 'sha256:bc8847fc65f124d7b89bbb41ba50d48f13ad47bd02e25c5dbf728193fc4cb75c',
    size_bytes: 7,
    media_type: 'text/plain',
  })
  expect(await readAll(testContext({ inputData: null, blobs }).blobs, reference)).toBe('Łódź')
  const elsewhere = testContext({ inputData: null }).blobs
  await expect(readAll(elsewhere, reference)).rejects.toThrow(/There is no blob/)
  const tooLarge = first.write(['123456'], { mediaType: 'text/plain', bytesMax: 5 })
  await expect(tooLarge).rejects.toThrow(/larger than the 5 bytes/)
})

test('everything is allowed unless a test says otherwise', () => {
  const policy = { network: { private: false }, programs: { allow: [], deny: [] } }
  expect(testContext({ inputData: null }).policy.network.private).toBe(true)
  expect(testContext({ inputData: null, policy }).policy).toEqual(policy)
  expect(testSetup({ policy }).policy).toEqual(policy)
})

test('an output that is not what the manifest says is an error that names each place', () => {
  const output_schema = {
    type: 'object',
    required: ['rows'],
    properties: { rows: { type: 'array', items: { type: 'integer' } } },
  }
  const provides = [{ task: 'count', output_schema }, { task: 'anything' }]
  expect(() => checkOutput(provides, 'count', { rows: [1, 'x'] })).toThrow(/output of count.*\n- \/rows\/1 /s)
  expect(() => checkOutput(provides, 'count', {})).toThrow(/rows/)
  expect(() => checkOutput(provides, 'other', {})).toThrow(/no task "other"/)
  checkOutput(provides, 'count', { rows: [1] })
  checkOutput(provides, 'anything', [null])
})
