import { TaskFault } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { inProcessHost } from '@nexus/kernel'
import { makeWorld, outputOf } from './world.ts'
import { processHost } from '../src/hosts/process.ts'

const schema = `
provides:
  - task: add
    input_schema:
      type: object
      required: [left]
      additionalProperties: false
      properties: { left: { type: integer }, right: { type: array, items: { type: integer } } }
  - task: anything
`

test('an input that does not fit is a validation fault that names each place, and the module is not asked', async () => {
  const world = makeWorld()
  const counting = `import { BaseModule, ModuleResult } from '@nexus/sdk'
let asked = 0
export class Module extends BaseModule {
  async execute() { return ModuleResult.ok(++asked) }
}
`
  world.module('sums', { manifest: schema, files: { 'main.js': counting } })
  const kernel = await world.open()
  const wrong = outputOf(kernel, 'add', { left: '1', right: [1, 'x'], rihgt: 2 })
  await expect(wrong).rejects.toThrow(TaskFault)
  await expect(wrong).rejects.toThrow(/no input for `add`/)
  await expect(wrong).rejects.toThrow(/\/left: .*\n?.*/)
  await expect(wrong).rejects.toThrow(/\/right\/1: /)
  await expect(wrong).rejects.toThrow(/Unknown key "rihgt".*right/)
  await expect(outputOf(kernel, 'sums/add', {})).rejects.toThrow(/"left" is missing/)
  expect(await outputOf(kernel, 'add', { left: 1 })).toBe(1)
  expect(await outputOf(kernel, 'anything', { whatever: [1] })).toBe(2)
})

test('every secret there is goes to modules that are trusted, and the others are told to list theirs', async () => {
  const world = makeWorld()
  const reading = `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  async execute(context) { return ModuleResult.ok(await context.secrets.get(context.inputData)) }
}
`
  for (const id of ['trusted', 'other'])
    world.module(id, { manifest: "permissions: { secrets: ['*'] }", files: { 'main.js': reading } })
  const apart = processHost()
  const kernel = await world.open({
    secrets: { get: async (name) => `value of ${name}` },
    hosts: [inProcessHost, apart],
    placement: ({ id }) => (id === 'trusted' ? 'in_process' : 'process'),
  })
  expect(await outputOf(kernel, 'trusted', 'token')).toBe('value of token')
  expect(kernel.route('other')).toBeUndefined()
  expect(kernel.explainMissing('other')).toMatch(
    /every secret.*not one of the modules that are trusted.*secrets: \[github_token\]/s,
  )
  await kernel.close()
  await apart.close()
})
