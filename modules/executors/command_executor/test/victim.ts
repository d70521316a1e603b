/** A Nexus that is about to be killed: runs one container task, whose definition is its argument, and waits for it. */
import { testContext, testSetup } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

const [key = '', container = ''] = process.argv.slice(2)
const module = new Module()
await module.setup(testSetup())
await module.execute({
  ...testContext({
    inputData: { container: JSON.parse(container) },
    metadata: { kind: 'run.container' },
    idempotencyKey: key,
  }),
  stream: ({ text }) => void process.stdout.write(text),
})
