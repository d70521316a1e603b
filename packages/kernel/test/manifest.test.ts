import { formatProblems, readManifest } from '@nexus/kernel'
import { Manifest } from '@nexus/sdk'
import * as fc from 'fast-check'
import { Check } from 'typebox/schema'
import { describe, expect, test } from 'vitest'

/** The sample of the design, as it stands. */
const sample = `id: unique_module_id
version: 1.0.0
type: orchestrator            # orchestrator | analyzer | executor | integration
name: Human Readable Name
description: What this module does
metadata: {author: MikeyBee, created: 2024-01-15, tags: [orchestration, async], category: core}   # core | experimental | community
dependencies:
  modules:                    # a list of one-key maps, id: semver range
    - task_manager: ">=1.0.0"
    - service_router: "~1.0.0"
  python: [{httpx: ">=0.24.0"}]
  npm: [{undici: "^7.0.0"}]   # ours
capabilities: [parallel_execution, error_recovery]
requirements: {memory_mb: 100, cpu_cores: 1, gpu: false}
config_schema: {type: object, properties: {max_workers: {type: integer, default: 5}}}   # JSON Schema
entry_points: {main: orchestrator.py, setup: setup.py, teardown: cleanup.py}
behavior: {auto_load: false, singleton: true, priority: normal, cache_results: true}
# ours, all optional:
provides:                     # the tasks it handles: routing, validation, planning by a model, MCP tools and forms all read this
  - task: query.sql
    input_schema: {}
    output_schema: {}
    idempotent: false
permissions: {network: ["api.github.com:443"], read: [], write: [], env: [], secrets: [github_token], run: []}
`

const file = '/m/orchestrators/a/manifest.yaml'

/** Lines of a good manifest, to spoil one of. */
const good = `id: a
version: 1.0.0
type: executor
name: A
description: Does a.
entry_points: {main: main.ts}
`

function problemsOf(text: string): string {
  return formatProblems(readManifest(text, 'm.yaml').problems)
}

test('the sample manifest of the design is accepted as it stands', () => {
  const reading = readManifest(sample, file)
  expect(reading.problems).toEqual([])
  expect(reading.manifest?.metadata?.created).toBe('2024-01-15')
  expect(reading.manifest?.dependencies?.modules).toEqual([
    { task_manager: '>=1.0.0' },
    { service_router: '~1.0.0' },
  ])
})

const cases: readonly [string, string, string][] = [
  [
    'an unknown key, with the nearest known one',
    `${good}entry_point: {main: x.ts}\n`,
    'm.yaml:7:1: Unknown key "entry_point". Did you mean "entry_points"?',
  ],
  [
    'an unknown key inside',
    `${good}behavior: {singelton: true}\n`,
    'm.yaml:7:12: Unknown key "singelton". Did you mean "singleton"?',
  ],
  [
    'an unknown key that is near to none',
    `${good}permissions: {zzzzzz: []}\n`,
    'm.yaml:7:15: Unknown key "zzzzzz". Known keys: network, read, write, env, secrets, run.',
  ],
  [
    'an unknown type',
    good.replace('executor', 'executer'),
    'm.yaml:3:7: Expected one of "orchestrator", "analyzer", "executor", "integration", found "executer". Did you mean "executor"?',
  ],
  [
    'a version that is none',
    good.replace('1.0.0', '1.0'),
    'm.yaml:2:10: Expected text, found 1. Put quotes around it to make it text.',
  ],
  [
    'a version with a prefix',
    good.replace('1.0.0', 'v1.0.0'),
    'm.yaml:2:10: Expected a semantic version like 1.0.0, found "v1.0.0".',
  ],
  [
    'an id that is not snake_case',
    good.replace('id: a', 'id: A-b'),
    'm.yaml:1:5: Expected text that matches ^[a-z][a-z0-9_]*$ (Unique, snake_case, the name of its folder.), found "A-b".',
  ],
  ['a missing key', good.replace('name: A\n', ''), 'm.yaml:1:1: The key "name" is missing.'],
  ['an empty value', good.replace('name: A', 'name:'), 'm.yaml:4:1: Expected text, found nothing (null).'],
  [
    'a missing entry',
    good.replace('{main: main.ts}', '{setup: s.ts}'),
    'm.yaml:6:15: The key "main" is missing.',
  ],
  [
    'a wrong type deep inside',
    `${good}metadata:\n  tags:\n    - ok\n    - 7\n`,
    'm.yaml:10:7: Expected text, found 7. Put quotes around it to make it text.',
  ],
  [
    'a number that is too small',
    `${good}requirements: {memory_mb: 0}\n`,
    'm.yaml:7:27: Expected a number > 0, found 0.',
  ],
  [
    'a range that is none',
    `${good}dependencies:\n  modules:\n    - b: "not a range"\n`,
    'm.yaml:9:10: Expected a semver range like ^1.0.0 for "b", found "not a range".',
  ],
  [
    'a Python specifier that is none',
    `${good}dependencies: {python: [{httpx: latest}]}\n`,
    'm.yaml:7:33: Expected version specifiers like ">=0.24.0, <1" for "httpx", found "latest".',
  ],
  [
    'a dependency listed twice',
    `${good}dependencies: {npm: [{x: "1"}, {x: "2"}]}\n`,
    'm.yaml:7:36: "x" is listed twice under dependencies.npm.',
  ],
  [
    'a configuration schema that is none',
    `${good}config_schema: {type: objekt}\n`,
    'm.yaml:7:23: This is not a JSON Schema. Expected one of "array", "boolean", "integer", "null", "number", "object", "string" or a list, found "objekt". Did you mean "object"?\nm.yaml:7:23: Expected type: object, since a configuration is a map, found "objekt".',
  ],
  [
    'a configuration schema of a list',
    `${good}config_schema: {type: array}\n`,
    'm.yaml:7:23: Expected type: object, since a configuration is a map, found "array".',
  ],
  [
    'an input schema that is none',
    `${good}provides:\n  - task: t\n    input_schema: {minimum: low}\n`,
    'm.yaml:9:29: This is not a JSON Schema. Expected a number, found "low".',
  ],
  [
    'an entry outside of the folder',
    good.replace('main.ts', '../b/main.ts'),
    `m.yaml:6:22: Expected a file inside the module's folder, found "../b/main.ts".`,
  ],
  [
    'an absolute entry',
    good.replace('main.ts', '/etc/main.ts'),
    `m.yaml:6:22: Expected a file inside the module's folder, found "/etc/main.ts".`,
  ],
  [
    'an entry in a language that is not known',
    good.replace('main.ts', 'main.rb'),
    'm.yaml:6:22: Expected a file that ends in one of .ts, .mts, .cts, .js, .mjs, .cjs, .py, found "main.rb".',
  ],
  [
    'a task that is provided twice',
    `${good}provides:\n  - task: t\n  - task: t\n`,
    'm.yaml:9:11: The task "t" is provided twice.',
  ],
  ['a key that is there twice', `${good}name: B\n`, 'm.yaml:7:1: This is not YAML: Map keys must be unique.'],
  ['a text that is not YAML', 'id: [a\nversion: 1', 'm.yaml:2:1: '],
  ['a list', '- a\n', 'm.yaml:1:1: Expected a map, found a list of 1.'],
  ['an empty file', '', 'm.yaml:1:1: Expected a map, found nothing (null).'],
]

describe('a bad manifest is told with its place, what was expected and what was found', () => {
  test.each(cases)('%s', (_name, text, expected) => {
    const told = problemsOf(text)
    if (expected.endsWith(': ')) expect(told.startsWith(expected)).toBe(true)
    else expect(told).toBe(expected)
  })
})

test('all problems of a manifest are told at once, in the order of its lines', () => {
  const text = `id: 3\nversion: x\ntype: y\nname: ''\ndescription: d\nentry_points: {main: 1}\ncapabilities: {}\nprovides: [{tusk: 1}]\n`
  const lines = readManifest(text, file).problems.map((problem) => problem.line)
  expect(lines).toEqual([1, 2, 3, 4, 6, 7, 8, 8])
})

test('a text of repeated anchors cannot blow up', () => {
  const levels = Array.from({ length: 12 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`)
  const problems = readManifest(['l0: &l0 [x]', ...levels].join('\n'), file).problems
  expect(problems.length).toBeGreaterThan(0)
})

test('whatever breaks the schema of the SDK is refused, and nothing else for its shape', () => {
  const base = readManifest(good, file).manifest
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('executor', '1.0.0', true, ['a'], { main: 'main.ts' }),
  )
  const key = fc.oneof(fc.constantFrom(...Object.keys(Manifest.properties)), fc.string())
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 3 }), (change) => {
      const changed = { ...base, ...change }
      const { manifest } = readManifest(JSON.stringify(changed), file)
      if (!Check(Manifest, changed)) expect(manifest).toBeUndefined()
      else if (manifest !== undefined) expect(manifest).toEqual(JSON.parse(JSON.stringify(changed)))
    }),
  )
})
