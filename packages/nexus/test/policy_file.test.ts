/** The policy that a workspace's nexus.yaml sets, and what holds without one. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readPolicy, type PolicyOptions } from '../src/index.ts'

function policyOf(text: string | undefined, by: PolicyOptions['by'], environment = {}): unknown {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-policy-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  if (text !== undefined) writeFileSync(join(folder, 'nexus.yaml'), text)
  return readPolicy({ folder, by, environment })
}

const nothing = { allow: undefined, deny: [] }

test('without a file a server reaches no private address, a person does, and all programs are allowed', () => {
  expect(policyOf(undefined, 'server')).toEqual({ network: { private: false }, programs: nothing })
  expect(policyOf('', 'person')).toEqual({ network: { private: true }, programs: nothing })
  expect(policyOf('modules: { any: "*" }', 'server')).toMatchObject({ network: { private: false } })
})

test('the file and the environment allow a server private addresses', () => {
  expect(policyOf('policy: { network: { private: true } }', 'server')).toMatchObject({
    network: { private: true },
  })
  const allow = { NEXUS_ALLOW_PRIVATE_NETWORK: '1' }
  expect(policyOf('policy: { network: { private: false } }', 'server', allow)).toMatchObject({
    network: { private: true },
  })
  expect(policyOf('', 'server', { NEXUS_ALLOW_PRIVATE_NETWORK: 'no' })).toMatchObject({
    network: { private: false },
  })
})

test('the file says which programs are run', () => {
  const text = 'policy:\n  programs:\n    allow: [git, /usr/bin/make]\n    deny: [sh]\n'
  expect(policyOf(text, 'person')).toMatchObject({
    programs: { allow: ['git', '/usr/bin/make'], deny: ['sh'] },
  })
})

test.for([
  [
    'policy: { program: { allow: [git] } }',
    /nexus\.yaml:1:11: Unknown key "program"\. Did you mean "programs"\?/,
  ],
  ['policy:\n  programs:\n    allow: git\n', /nexus\.yaml:3:12: Expected a list/],
  ['policy: { programs: { deny: [./sh] } }', /the name of a program, or an absolute path/],
  ['policy: { network: { private: maybe } }', /nexus\.yaml:1:31: Expected true or false/],
  ['policy: [', /This is not YAML/],
  ['policy: all', /Expected a map/],
] as [string, RegExp][])(
  'a policy that is not understood is refused with its place: %s',
  ([text, message]) => {
    expect(() => policyOf(text, 'server')).toThrow(message)
  },
)

test('a file that cannot be read allows nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-policy-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'nexus.yaml'))
  expect(() => readPolicy({ folder, by: 'person', environment: {} })).toThrow(/cannot be read/)
})
