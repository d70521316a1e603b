/**
 * The steps that say how it went. Those about a run wait for its end. Values stand in YAML, on the step's line or below
 * it.
 */
import type { RunRecord, TaskRecord } from '@nexus/nexus'
import type { Json } from '@nexus/sdk'
import { Then, type DataTable } from '@cucumber/cucumber'
import assert from 'node:assert/strict'
import { valueOf } from '../value.ts'
import type { ScenarioWorld } from '../world.ts'

Then(/^it is refused with "(.+)"$/, function (this: ScenarioWorld, text: string) {
  const { document, problems } = this.check()
  assert.equal(document, undefined, 'It is accepted.')
  const messages = problems.map(({ message }) => message)
  assert.ok(
    messages.some((message) => message.includes(text)),
    messages.join('\n'),
  )
})

Then(/^its status is "(.+)"$/, async function (this: ScenarioWorld, status: string) {
  assert.equal((await this.nexus.runs.get(this.run)).status, status)
})

Then(/^it completes with the output (.+)$/, async function (this: ScenarioWorld, text: string) {
  assertCompleted(await this.ended(), valueOf(text))
})

Then('it completes with the output', async function (this: ScenarioWorld, text: string) {
  assertCompleted(await this.ended(), valueOf(text))
})

Then(/^it faults with the error (.+)$/, async function (this: ScenarioWorld, text: string) {
  const { status, error } = await this.ended()
  assert.equal(status, 'faulted')
  assertError(error, valueOf(text))
})

Then('it ends as cancelled', async function (this: ScenarioWorld) {
  assert.equal((await this.ended()).status, 'cancelled')
})

Then('it took at least {int} ms', async function (this: ScenarioWorld, durationMs: number) {
  const took = tookMs(await this.ended())
  assert.ok(took >= durationMs, `It took ${took} ms.`)
})

Then('it took less than {int} ms', async function (this: ScenarioWorld, durationMs: number) {
  const took = tookMs(await this.ended())
  assert.ok(took < durationMs, `It took ${took} ms.`)
})

Then(/^the tasks ran in the order (.+)$/, async function (this: ScenarioWorld, names: string) {
  const { tasks } = await this.ended()
  assert.deepEqual(
    tasks.map(({ name }) => name),
    listed(names),
  )
})

Then(/^the tasks ended in the order (.+)$/, async function (this: ScenarioWorld, names: string) {
  const { tasks, events } = await this.ended()
  const nameAt = new Map(tasks.map(({ path, name }) => [path, name]))
  const ends = events.filter(({ type }) => /task\.(?:completed|faulted|cancelled)/.test(type))
  const ended = ends.flatMap(({ subject }) => nameAt.get(subject) ?? [])
  assert.deepEqual(ended, listed(names))
})

Then(
  /^the task "(.+)" (completed|faulted|was cancelled)$/,
  async function (this: ScenarioWorld, name: string, how: string) {
    for (const { status } of tasksOf(await this.ended(), name)) assert.equal(status, how.replace('was ', ''))
  },
)

Then('the task {string} was skipped', async function (this: ScenarioWorld, name: string) {
  const record = await this.ended()
  assert.deepEqual(
    record.tasks.filter((task) => task.name === name),
    [],
    'It ran.',
  )
  assert.deepEqual(toldOf(record, name), ['created', 'started', 'completed'])
})

Then('the task {string} did not run', async function (this: ScenarioWorld, name: string) {
  assert.deepEqual(toldOf(await this.ended(), name), [])
})

Then(
  'the task {string} ran {int} time(s)',
  async function (this: ScenarioWorld, name: string, times: number) {
    const tasks = tasksOf(await this.ended(), name)
    assert.equal(
      tasks.reduce((sum, { attempts }) => sum + attempts, 0),
      times,
    )
  },
)

Then(/^the task "(.+)" was given (.+)$/, async function (this: ScenarioWorld, name: string, text: string) {
  assert.deepEqual(tasksOf(await this.ended(), name).at(-1)?.input, valueOf(text))
})

Then(/^the task "(.+)" gave (.+)$/, async function (this: ScenarioWorld, name: string, text: string) {
  assert.deepEqual(tasksOf(await this.ended(), name).at(-1)?.output, valueOf(text))
})

Then(
  /^the task "(.+)" has the error (.+)$/,
  async function (this: ScenarioWorld, name: string, text: string) {
    assertError(tasksOf(await this.ended(), name).at(-1)?.error, valueOf(text))
  },
)

Then('these lifecycle events were told', async function (this: ScenarioWorld, table: DataTable) {
  const { events } = await this.ended()
  assert.deepEqual(
    events.map(({ type, subject }) => [wordsOf(type), subject]),
    table.raw(),
  )
})

Then(
  /^of the task "(.+)" was told: (.+)$/,
  async function (this: ScenarioWorld, name: string, words: string) {
    assert.deepEqual(toldOf(await this.ended(), name), listed(words))
  },
)

Then(/^of the workflow was told: (.+)$/, async function (this: ScenarioWorld, words: string) {
  const { events } = await this.ended()
  const about = events.map(({ type }) => wordsOf(type)).filter((each) => each.startsWith('workflow '))
  assert.deepEqual(
    about.map((each) => each.replace('workflow ', '')),
    listed(words),
  )
})

Then(
  /^the run that "(.+)" began was given (.+)$/,
  async function (this: ScenarioWorld, task: string, text: string) {
    assert.deepEqual((await this.endedChild(task)).input, valueOf(text))
  },
)

Then(
  /^the run that "(.+)" began completes with the output (.+)$/,
  async function (this: ScenarioWorld, task: string, text: string) {
    assertCompleted(await this.endedChild(task), valueOf(text))
  },
)

Then(/^the run that "(.+)" began ends as cancelled$/, async function (this: ScenarioWorld, task: string) {
  assert.equal((await this.endedChild(task)).status, 'cancelled')
})

Then('its runs gave the outputs', async function (this: ScenarioWorld, text: string) {
  const runs = (await this.nexus.runs.list()).toReversed()
  const records = await Promise.all(runs.map(({ id }) => this.nexus.runs.get(id)))
  assert.deepEqual(
    records.map(({ output }) => output),
    valueOf(text),
  )
})

Then('there is/are {int} run(s) in all', async function (this: ScenarioWorld, count: number) {
  assert.equal((await this.nexus.runs.list()).length, count)
})

Then(
  'each run began at least {int} ms after the one before had ended',
  async function (this: ScenarioWorld, gapMs: number) {
    const runs = (await this.nexus.runs.list()).toReversed()
    const records = await Promise.all(runs.map(({ id }) => this.nexus.runs.get(id)))
    for (const [index, { started_at }] of records.entries()) {
      const before = records[index - 1]?.ended_at
      if (before && started_at) assert.ok(Date.parse(started_at) - Date.parse(before) >= gapMs)
    }
  },
)

function listed(text: string): readonly string[] {
  return text.split(/,\s*/)
}

function tasksOf({ tasks }: RunRecord, name: string): readonly TaskRecord[] {
  const found = tasks.filter((task) => task.name === name)
  assert.notEqual(found.length, 0, `The task "${name}" did not run.`)
  return found
}

/** `workflow started`, `task completed`. */
function wordsOf(type: string): string {
  return type.replace(/^io\.serverlessworkflow\.(\w+)\.([\w-]+)\.v1$/, '$1 $2')
}

/** What the lifecycle events tell of the tasks of a name, also of those that were skipped. */
function toldOf({ events }: RunRecord, name: string): readonly string[] {
  const about = events.filter(({ subject }) => subject.endsWith(`/${name}`))
  return about.map(({ type }) => wordsOf(type).replace('task ', ''))
}

function assertCompleted({ status, output, error }: RunRecord, expected: Json): void {
  assert.equal(status, 'completed', JSON.stringify(error))
  assert.deepEqual(output, expected)
}

/** A type without an address is one of the specification's own. */
function assertError(error: RunRecord['error'] | undefined, expected: Json): void {
  assert.ok(error, 'There is no error.')
  const { type, ...rest } = expected as { type?: string }
  const own = typeof type === 'string' && !type.includes(':')
  if (type !== undefined) assert.equal(own ? error.type.replace(/^.*\/errors\//, '') : error.type, type)
  for (const [key, value] of Object.entries(rest)) assert.deepEqual(error[key as keyof typeof error], value)
}

function tookMs({ started_at, ended_at }: RunRecord): number {
  return Date.parse(ended_at ?? '') - Date.parse(started_at ?? '')
}
