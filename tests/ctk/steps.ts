/**
 * The steps of the specification's conformance test kit, on a real Nexus. The kit itself is fetched by hand from the
 * specification's repository: `npm run ctk -- FOLDER/ctk/features`. Hosts that it names are answered by a local stub.
 */
import { openNexus, type Nexus, type RunRecord } from '@nexus/nexus'
import type { Json } from '@nexus/sdk'
import { After, AfterAll, BeforeAll, Given, setWorldConstructor, Then, When } from '@cucumber/cucumber'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { startHosts, type Hosts } from './hosts.ts'

class KitWorld {
  document = ''
  input: Json = {}
  record: RunRecord | undefined
  data = ''
  nexus: Nexus | undefined

  get run(): RunRecord {
    assert.ok(this.record, 'The workflow has not run.')
    return this.record
  }

  at(path: string): unknown {
    return path
      .split('.')
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], this.run.output)
  }

  position(name: string): number {
    const index = this.run.tasks.findIndex((task) => task.name === name)
    assert.notEqual(index, -1, `The task ${name} did not run.`)
    return index
  }
}

setWorldConstructor(KitWorld)
let hosts: Hosts

BeforeAll(async () => {
  hosts = await startHosts()
})

AfterAll(async () => {
  await hosts.close()
})

After(async function (this: KitWorld) {
  await this.nexus?.close()
  if (this.data !== '') rmSync(this.data, { recursive: true, force: true })
})

Given('a workflow with definition:', function (this: KitWorld, text: string) {
  this.document = hosts.localize(text)
})

Given('given the workflow input is:', function (this: KitWorld, text: string) {
  this.input = parse(text) as Json
})

When('the workflow is executed', async function (this: KitWorld) {
  this.data = mkdtempSync(join(tmpdir(), 'nexus-ctk-'))
  this.nexus = await openNexus({ data: this.data })
  const live = await this.nexus.run(this.nexus.check(this.document), this.input)
  await live.ended
  this.record = await this.nexus.runs.get(live.id)
})

Then('the workflow should complete', function (this: KitWorld) {
  assert.equal(this.run.status, 'completed', JSON.stringify(this.run.error))
})

Then('the workflow should complete with output:', function (this: KitWorld, text: string) {
  assert.equal(this.run.status, 'completed', JSON.stringify(this.run.error))
  assert.deepEqual(this.run.output, parse(text))
})

Then('the workflow should fault', function (this: KitWorld) {
  assert.equal(this.run.status, 'faulted')
})

Then('the workflow should fault with error:', function (this: KitWorld, text: string) {
  assert.equal(this.run.status, 'faulted')
  assert.deepEqual(this.run.error, parse(text))
})

Then(/^the workflow output should have properties (.+)$/, function (this: KitWorld, names: string) {
  for (const [, name = ''] of names.matchAll(/'([^']+)'/g))
    assert.notEqual(this.at(name), undefined, `${name} is missing.`)
})

Then(
  'the workflow output should have a {string} property with value:',
  function (this: KitWorld, name: string, text: string) {
    assert.deepEqual(this.at(name), parse(text))
  },
)

Then(
  'the workflow output should have a {string} property containing {int} items',
  function (this: KitWorld, name: string, count: number) {
    assert.equal((this.at(name) as unknown[]).length, count)
  },
)

Then('{word} should run first', function (this: KitWorld, name: string) {
  assert.equal(this.position(name), 0)
})

Then('{word} should run last', function (this: KitWorld, name: string) {
  assert.equal(this.position(name), this.run.tasks.length - 1)
})

Then('{word} should run after {word}', function (this: KitWorld, later: string, earlier: string) {
  assert.ok(this.position(later) > this.position(earlier))
})

Then('{word} should run before {word}', function (this: KitWorld, earlier: string, later: string) {
  assert.ok(this.position(later) > this.position(earlier))
})
