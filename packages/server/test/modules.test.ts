import { operations } from '@nexus/api'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { problemOf, setup } from './world.ts'

const { modules } = operations

/** A version of a module in a folder of its own. */
function version(
  number: string,
  main = "execute() { return { success: true, outputData: 'x', metadata: {} } }",
): string {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-module-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const module = join(folder, 'executors/teller')
  mkdirSync(module, { recursive: true })
  const manifest = `id: teller\nversion: ${number}\ntype: executor\nname: Teller\ndescription: Says something.
entry_points: {main: main.js}\nprovides: [{task: tell}]\n`
  writeFileSync(join(module, 'manifest.yaml'), manifest)
  writeFileSync(join(module, 'main.js'), `export class Module { async ${main} }\n`)
  return module
}

test('a module is swapped in over HTTP, its receipt tells what happened, and there is a way back', async () => {
  await using world = await setup()
  const { client } = world
  const first = await client.call(modules.swap, { body: { folders: [version('1.0.0')] } })
  expect(first).toMatchObject({ changed: [{ id: 'teller', from: null, to: '1.0.0' }], runs: { pinned: 0 } })
  const second = await client.call(modules.swap, { body: { folders: [version('1.1.0')] } })
  expect(second.generation).toBe(first.generation + 1)
  const { generations } = await client.call(modules.generations)
  expect(generations.filter(({ current }) => current).map(({ number }) => number)).toEqual([
    second.generation,
  ])
  const back = await client.call(modules.activate, { params: { number: String(first.generation) } })
  expect(back.changed).toMatchObject([{ id: 'teller', from: '1.1.0', to: '1.0.0' }])
  const { receipts } = await client.call(modules.receipts)
  expect(receipts.at(-1)?.generation).toBe(first.generation)
})

test('a change that cannot be is a conflict that says why, and changes nothing', async () => {
  await using world = await setup()
  const before = await world.client.call(modules.generations)
  const asked = (body: object): Promise<Response> =>
    world.ask('/modules/swap', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const broken = version('1.0.0', "setup() { throw new Error('no luck') } async execute() {}")
  for (const [body, why] of [
    [{ folders: [broken] }, 'no luck'],
    [{ folders: ['/nowhere/at/all'] }, 'no module'],
    [{ remove: ['nobody'] }, 'nobody'],
    [{ config: { loop_orchestrator: { max_iterations: 'many' } } }, 'max_iterations'],
  ] as const) {
    expect(await problemOf(await asked(body))).toMatchObject({
      status: 409,
      detail: expect.stringContaining(why),
    })
  }
  for (const body of [{ folder: 'x' }, {}])
    expect(await problemOf(await asked(body))).toMatchObject({ status: 400 })
  expect(await world.client.call(modules.generations)).toEqual(before)
})
