/** A folder of files, and what the module says of them. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json, JsonObject } from '@nexus/sdk'
import { testContext, type TestContext } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

export interface World {
  readonly folder: string
  /** What `context.analyze` gives, here with a working folder of its own. */
  analyze(input: JsonObject, options?: Options): Promise<JsonObject>
  /** The entry of the one file that the goal names. */
  file(goal: string, config?: JsonObject): Promise<JsonObject | undefined>
  readonly contexts: TestContext[]
  [Symbol.dispose](): void
}

interface Options {
  readonly config?: JsonObject
  readonly capabilities?: readonly Json[]
  readonly runs?: readonly Json[]
  readonly calls?: Readonly<Record<string, (input: Json) => Json>>
}

export function setup(): World {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nexus-context-')))
  const contexts: TestContext[] = []
  const analyze: World['analyze'] = async (
    input,
    { config, capabilities = [], runs = [], calls = {} } = {},
  ) => {
    const context = testContext({
      inputData: input,
      config: { working_directory: folder, ...config },
      calls: {
        'service_router.capabilities': () => ({ capabilities }),
        'task_manager.runs': () => ({ runs }),
        ...calls,
      },
    })
    contexts.push(context)
    return (await new Module().execute(context)).outputData as JsonObject
  }
  return {
    folder,
    contexts,
    analyze,
    async file(goal, config = {}) {
      const { files } = await analyze({ goal }, { config })
      return (files as JsonObject[])[0]
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
