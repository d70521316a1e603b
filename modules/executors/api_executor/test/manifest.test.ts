/** What the manifest says of arguments, beside what the code takes. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { expect, test } from 'vitest'
import { a2aMethods, mcpMethods } from '@nexus/sdk'
import { protocols } from '../asyncapi/arguments.ts'
import { outputModes } from '../call.ts'
import { defaults } from '../transport/settings.ts'

interface Manifest {
  provides: { task: string; input_schema: { properties: Record<string, { enum?: string[] }> } }[]
  config_schema: { properties: Record<string, { default?: unknown }> }
}

const manifest = parse(readFileSync(join(import.meta.dirname, '../manifest.yaml'), 'utf8')) as Manifest

test.for([
  ['a2a', 'method', a2aMethods],
  ['mcp', 'method', mcpMethods],
  ['asyncapi', 'protocol', protocols],
  ['http', 'output', outputModes],
  ['openapi', 'output', outputModes],
] as const)('the %s that the manifest allows as its %s are those that are taken', ([task, name, known]) => {
  const schema = manifest.provides.find((provided) => provided.task === task)?.input_schema
  expect(schema?.properties[name]?.enum?.toSorted()).toEqual([...known].toSorted())
})

test('the defaults of the manifest are those of the code', () => {
  const { properties } = manifest.config_schema
  for (const [key, value] of Object.entries(defaults)) expect(properties[key]?.default).toEqual(value)
})
