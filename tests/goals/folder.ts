/** A folder of its own in which goals are planned and run, for tests that bring their own files. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNexus, type RunRecord } from '@nexus/nexus'
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'

export interface Pursued {
  /** The capabilities of its steps. */
  readonly steps: readonly Json[]
  readonly output: Json | undefined
  /** Why it was refused, or why it failed. */
  readonly detail: string
  readonly status: string
}

export interface Folder {
  pursue(goal: string, context?: JsonObject): Promise<Pursued>
  [Symbol.asyncDispose](): Promise<void>
}

/** Files in goals are relative to the folder in which Nexus works, so that the process goes there. */
export async function openFolder(): Promise<Folder> {
  const before = process.cwd()
  const folder = mkdtempSync(join(tmpdir(), 'nexus-folder-'))
  process.chdir(folder)
  const nexus = await openNexus({
    data: join(folder, 'data'),
    config: { goal_analyzer: { planner: 'patterns' } },
  })
  const capabilities = JSON.parse(
    JSON.stringify(nexus.modules.list().flatMap(({ provides }) => provides)),
  ) as Json
  const run = async (document: JsonObject, input: JsonObject): Promise<RunRecord> => {
    const whole = {
      document: { dsl: '1.0.3', namespace: 'test', name: 'folder', version: '1.0.0' },
      ...document,
    }
    const live = await nexus.run(nexus.check(JSON.stringify(whole)), input)
    await live.ended
    return nexus.runs.get(live.id)
  }
  const given = { goal: '${ .goal }', capabilities: '${ .capabilities }', context: '${ .context }' }
  return {
    async pursue(goal, context = {}) {
      const planned = await run(
        { do: [{ plan: { call: 'goal.plan', with: given } }] },
        { goal, capabilities, context },
      )
      const plan = isJsonObject(planned.output ?? null) ? (planned.output as JsonObject) : {}
      const { workflow = {}, steps = [] } = plan
      const done = planned.error || !isJsonObject(workflow) ? planned : await run(workflow, {})
      return {
        steps: (Array.isArray(steps) ? steps : []).map((step: Json) =>
          isJsonObject(step) ? (step['capability'] ?? null) : null,
        ),
        output: done.output,
        detail: done.error?.detail ?? '',
        status: planned.error ? 'refused' : done.status,
      }
    },
    async [Symbol.asyncDispose]() {
      await nexus.close()
      process.chdir(before)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
