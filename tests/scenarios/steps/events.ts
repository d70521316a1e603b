/**
 * The steps that do something to a workflow or to Nexus, and those that wait for something to come. Values stand in YAML.
 */
import { systemClock } from '@nexus/sdk'
import { Given, When } from '@cucumber/cucumber'
import { valueOf } from '../value.ts'
import type { ScenarioWorld } from '../world.ts'

Given('a workflow', function (this: ScenarioWorld, text: string) {
  this.document = text
})

Given('a workflow beside it', function (this: ScenarioWorld, text: string) {
  this.putBeside(text)
})

When('it runs', async function (this: ScenarioWorld) {
  await this.begin({})
})

When(/^it runs with the input (.+)$/, async function (this: ScenarioWorld, text: string) {
  await this.begin(valueOf(text))
})

When('it is deployed', async function (this: ScenarioWorld) {
  await this.nexus.workflows.deploy(this.check())
})

When('it is removed', async function (this: ScenarioWorld) {
  for (const { key } of this.nexus.workflows.list()) await this.nexus.workflows.remove(key)
})

When('the task {string} waits', async function (this: ScenarioWorld, task: string) {
  await this.told.until(`"${task}" waits`, () => this.told.waits(task) > 0)
})

When(
  'the task {string} has started {int} time(s)',
  async function (this: ScenarioWorld, task: string, times: number) {
    await this.told.until(`"${task}" has started`, () => this.told.started(task) >= times)
  },
)

When(
  'the task {string} has ended {int} time(s)',
  async function (this: ScenarioWorld, task: string, times: number) {
    await this.told.until(`"${task}" has ended`, () => this.told.ended(task) >= times)
  },
)

When('a command has written the file {string}', async function (this: ScenarioWorld, name: string) {
  await this.fileOf(name)
})

When('the event {string} is published', async function (this: ScenarioWorld, type: string) {
  await this.nexus.events.publish({ type })
})

When(
  /^the event "(.+)" is published with the data (.+)$/,
  async function (this: ScenarioWorld, type: string, text: string) {
    await this.nexus.events.publish({ type, data: valueOf(text) })
  },
)

When(
  /^the signal "(.+)" is sent to it with the data (.+)$/,
  async function (this: ScenarioWorld, type: string, text: string) {
    await this.nexus.runs.signal(this.run, { type, data: valueOf(text) })
  },
)

When('it is suspended', async function (this: ScenarioWorld) {
  await this.nexus.runs.suspend(this.run)
})

When('it is resumed', async function (this: ScenarioWorld) {
  await this.nexus.runs.resume(this.run)
})

When('it is cancelled', async function (this: ScenarioWorld) {
  await this.nexus.runs.cancel(this.run)
})

When('it is retried', async function (this: ScenarioWorld) {
  await this.ended()
  await this.nexus.runs.retry(this.run)
})

When('Nexus is restarted', async function (this: ScenarioWorld) {
  await this.restart()
})

When('Nexus is restarted {int} hours later', async function (this: ScenarioWorld, hours: number) {
  await this.restart(hours * 3_600_000)
})

When('Nexus is killed and goes on', async function (this: ScenarioWorld) {
  await this.kill()
})

When('{int} ms pass', async (durationMs: number) => {
  await systemClock.sleep(durationMs)
})

When('{int} of its runs has/have completed', async function (this: ScenarioWorld, count: number) {
  const { name } = (valueOf(this.document) as { document: { name: string } }).document
  await this.told.until(`${count} runs have completed`, () => this.told.completedRuns(name).length >= count)
})
