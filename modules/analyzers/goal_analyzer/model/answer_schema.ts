/** The schema that a model's answer is held to: a workflow document that calls nothing but what is installed. */
import type { Json, JsonObject } from '@nexus/sdk'
import type { Catalogue } from '../catalogue.ts'
import { ownKinds } from './restrictions.ts'

export function answerSchema(catalogue: Catalogue): JsonObject {
  return {
    type: 'object',
    required: ['document', 'do'],
    properties: { document: head, do: { $ref: '#/$defs/list' }, output: { type: 'object' } },
    $defs: {
      list: {
        type: 'array',
        minItems: 1,
        items: {
          type: 'object',
          minProperties: 1,
          maxProperties: 1,
          additionalProperties: { $ref: '#/$defs/task' },
        },
      },
      task: { anyOf: tasks(catalogue) },
    },
  }
}

const text: JsonObject = { type: 'string' }
const head: JsonObject = {
  type: 'object',
  required: ['dsl', 'namespace', 'name', 'version'],
  properties: {
    dsl: { const: '1.0.3' },
    namespace: text,
    name: text,
    version: text,
    title: text,
    summary: text,
  },
}
const list: JsonObject = { $ref: '#/$defs/list' }

function tasks(catalogue: Catalogue): Json {
  const calls = catalogue.capabilities
    .map(({ task }) => task)
    .filter((task) => !ownKinds.has(task) && !task.startsWith('run.'))
  const structures: readonly (readonly [string, JsonObject])[] = [
    ['set', {}],
    ['wait', { type: 'object' }],
    ['raise', { type: 'object' }],
    ['do', list],
    ['switch', { type: 'array' }],
    ['fork', { type: 'object', properties: { branches: list } }],
    ['try', list],
    ['for', { type: 'object' }],
  ]
  const there = structures.filter(([kind]) => catalogue.has(kind))
  const run = ['shell', 'script', 'container'].filter((kind) => catalogue.has(`run.${kind}`))
  return [
    ...(calls.length > 0 ? [taskWith('call', { enum: calls })] : []),
    ...there.map(([kind, schema]) => taskWith(kind, schema)),
    ...(run.length > 0
      ? [
          taskWith('run', {
            type: 'object',
            minProperties: 1,
            properties: Object.fromEntries(run.map((kind) => [kind, { type: 'object' }])),
          }),
        ]
      : []),
  ]
}

function taskWith(key: string, schema: JsonObject): JsonObject {
  return { type: 'object', required: [key], properties: { [key]: schema } }
}
