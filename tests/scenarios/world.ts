/**
 * The world of one scenario: a folder, a Nexus on it, and the run that the scenario is about. A Nexus may be restarted
 * or killed in it; killed means that the next one gets what is on disk at that instant, and nothing that comes later.
 */
import { openNexus, type CheckedWorkflow, type Nexus, type RunRecord } from '@nexus/nexus'
import { systemClock, type Json } from '@nexus/sdk'
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Told } from './told.ts'

/** What a process that dies leaves in its data folder for the next. */
const left = ['nexus.db', 'nexus.db-wal', 'blobs', 'artifacts', 'resources']

/** How long a command may take to write a file that a step waits for. */
const fileMsMax = 20_000

/** A data folder in which the modules are built already: to build them takes longer than most scenarios. */
export async function builtModules(): Promise<string> {
  const data = newFolder()
  await (await openNexus({ data })).close()
  return data
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'nexus-scenarios-'))
}

export class ScenarioWorld {
  document = ''
  readonly told = new Told()
  /** Where workflows are found that others run, and the one that commands run in. */
  readonly folder = newFolder()
  #nexus: Nexus | undefined
  #run: string | undefined
  #life = 0
  #beside = 0
  #aheadMs = 0

  get nexus(): Nexus {
    assert.ok(this.#nexus, 'Nexus is not open.')
    return this.#nexus
  }

  /** The id of the run that the scenario is about. */
  get run(): string {
    assert.ok(this.#run, 'Nothing runs yet.')
    return this.#run
  }

  /** `from`: the data folder whose modules are built. */
  async open(from: string): Promise<void> {
    this.#leave(from, ['artifacts'])
    await this.#start()
  }

  async close(): Promise<void> {
    await this.#nexus?.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  check(): CheckedWorkflow {
    return this.nexus.check(this.document)
  }

  putBeside(document: string): void {
    writeFileSync(join(this.folder, `beside-${this.#beside++}.yaml`), document)
  }

  async begin(input: Json): Promise<void> {
    const { id } = await this.nexus.run(this.check(), input)
    this.#run = id
  }

  /** `laterMs`: how much time has passed while no Nexus was up. */
  async restart(laterMs = 0): Promise<void> {
    this.#aheadMs += laterMs
    await this.nexus.close()
    await this.#start()
  }

  async kill(): Promise<void> {
    const killed = this.nexus
    const data = this.#data()
    this.#life += 1
    this.#leave(data, left)
    await killed.close()
    await this.#start()
  }

  /** The record of the scenario's run once it has ended. */
  async ended(run = this.run): Promise<RunRecord> {
    await this.told.end(run)
    return this.nexus.runs.get(run)
  }

  /** The record of the run that a task began. */
  async endedChild(task: string): Promise<RunRecord> {
    const { tasks } = await this.nexus.runs.get(this.run)
    const id = tasks.find(({ name }) => name === task)?.child_run
    assert.ok(id, `The task "${task}" began no run.`)
    return this.ended(id)
  }

  /** Resolves when a command has written to a file of that name; before that it is there, but empty. */
  async fileOf(name: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const look = (): void => {
      if (statSync(join(this.folder, name), { throwIfNoEntry: false })?.size) resolve()
    }
    const watcher = watch(this.folder, look)
    const stop = systemClock.timer(fileMsMax, () => reject(new Error(`Nobody wrote the file "${name}".`)))
    look()
    await promise.finally(() => {
      watcher.close()
      stop()
    })
  }

  #data(): string {
    return join(this.folder, `life-${this.#life}`)
  }

  #leave(from: string, names: readonly string[]): void {
    mkdirSync(this.#data())
    for (const name of names.filter((each) => existsSync(join(from, each)))) {
      cpSync(join(from, name), join(this.#data(), name), { recursive: true })
    }
  }

  async #start(): Promise<void> {
    this.#nexus = await openNexus({
      data: this.#data(),
      workflows: [this.folder],
      config: { command_executor: { working_directory: this.folder } },
      clock: { ...systemClock, now: () => systemClock.now() + this.#aheadMs },
      runBegan: (run) => this.told.hear(run),
    })
    await this.#nexus.start()
  }
}
