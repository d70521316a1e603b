/** What the tests of this module ask of it. */
import { testContext } from '@nexus/sdk/testing'
import type { Json, JsonObject } from '@nexus/sdk'
import type { Graph } from '../analyze.ts'
import { Module } from '../main.ts'

/** What `graph.analyze` gives, through JSON as a wire would carry it. */
export async function graphOf(input: JsonObject, config: JsonObject = {}): Promise<Graph> {
  const result = await new Module().execute(testContext({ inputData: input, config }))
  return JSON.parse(JSON.stringify(result.outputData)) as Graph
}

export async function view(input: JsonObject): Promise<string> {
  const context = testContext({ inputData: input, metadata: { kind: 'graph.view' } })
  const { outputData } = await new Module().execute(context)
  return typeof outputData === 'string' ? outputData : ''
}

/** `from → to`, in the order of the alphabet. */
export function arrows({ edges }: Graph): readonly string[] {
  return edges.map(({ from, to }) => `${from} → ${to}`).toSorted()
}

export const shell = (command: string, more: JsonObject = {}): JsonObject => ({
  run: { shell: { command } },
  ...more,
})
export const set = (value: Json, more: JsonObject = {}): JsonObject => ({ set: { value }, ...more })
