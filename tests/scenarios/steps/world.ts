/**
 * What stands around every scenario: a Nexus in a folder of its own, which is gone afterwards.
 */
import {
  After,
  AfterAll,
  Before,
  BeforeAll,
  setDefaultTimeout,
  setWorldConstructor,
} from '@cucumber/cucumber'
import { rmSync } from 'node:fs'
import { builtModules, ScenarioWorld } from '../world.ts'

setDefaultTimeout(30_000)
setWorldConstructor(ScenarioWorld)
let built = ''

BeforeAll(async () => {
  built = await builtModules()
})

AfterAll(() => {
  if (built !== '') rmSync(built, { recursive: true, force: true })
})

Before(async function (this: ScenarioWorld) {
  await this.open(built)
})

After(async function (this: ScenarioWorld) {
  await this.close()
})
