/** What a workspace's nexus.yaml and nexus.lock say, and what holds without them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { readWorkspace, type Workspace, type WorkspaceUse } from '../src/index.ts'

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-workspace-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

function workspaceOf(text: string | undefined): Workspace {
  return readWorkspace(folderWith(text === undefined ? {} : { 'nexus.yaml': text }))
}

function policyOf(text: string | undefined, by: WorkspaceUse['by'], environment = {}): unknown {
  return workspaceOf(text).options({ by, environment }).policy
}

const person = { by: 'person', environment: {} } as const
const nothing = { allow: undefined, deny: [] }

test('a folder without a file is a workspace that wants nothing in particular', () => {
  const workspace = workspaceOf(undefined)
  expect(workspace).toMatchObject({ file: undefined, settings: {}, lock: undefined })
  expect(workspace.options(person)).toMatchObject({
    modules: [{ name: 'modules', folder: join(workspace.folder, 'modules') }],
    wishes: { modules: {}, frozen: false },
  })
  expect(workspaceOf('# nothing\n').settings).toEqual({})
})

test('modules are wanted by a range, or by more, with the place where that is written', () => {
  const text =
    'modules:\n  http: ^1.0.0\n  mine: {path: ./src/mine, version: "1.x"}\n  off: {enabled: false}\n  own: {source: modules}\n'
  const workspace = workspaceOf(text)
  const { modules, wishes } = workspace.options(person)
  const at = (line: number): string => `${workspace.file}:${line}:3`
  expect(wishes?.modules).toEqual({
    http: { range: '^1.0.0', enabled: true, at: at(2) },
    mine: { range: '1.x', enabled: true, source: './src/mine', at: at(3) },
    off: { range: '*', enabled: false, at: at(4) },
    own: { range: '*', enabled: true, source: 'modules', at: at(5) },
  })
  expect(modules).toMatchObject([
    { name: 'modules' },
    { name: './src/mine', folder: join(workspace.folder, 'src/mine'), module: 'mine' },
  ])
})

test('paths are relative to the file, addresses stay', () => {
  const text = `workflows: [flows]
trust: [modules]
secrets_dir: secrets
engine: {missed: skip, catalog: https://example.com/catalog}
server: {host: 127.0.0.1, port: 0, token_file: token, body_limit: 1000}
config: {http: {timeout_ms: 1}}
`
  const workspace = workspaceOf(text)
  const { folder, settings } = workspace
  expect(settings).toEqual({
    workflows: [join(folder, 'flows')],
    trust: [join(folder, 'modules')],
    secrets_dir: join(folder, 'secrets'),
    engine: { missed: 'skip', catalog: 'https://example.com/catalog' },
    server: { host: '127.0.0.1', port: 0, token_file: join(folder, 'token'), body_limit: 1000 },
    config: { http: { timeout_ms: 1 } },
  })
  expect(workspace.options(person)).toMatchObject({
    config: { http: { timeout_ms: 1 } },
    defaultCatalog: 'https://example.com/catalog',
  })
})

test('secrets come from the environment, then from the folder', async () => {
  const folder = folderWith({ 'nexus.yaml': 'secrets_dir: secrets\n' })
  mkdirSync(join(folder, 'secrets'))
  writeFileSync(join(folder, 'secrets', 'one'), 'from the folder')
  writeFileSync(join(folder, 'secrets', 'two'), 'from the folder')
  const environment = { NEXUS_SECRET_TWO: 'from the environment' }
  const { secrets } = readWorkspace(folder).options({ by: 'person', environment })
  expect(await secrets?.get('one')).toBe('from the folder')
  expect(await secrets?.get('two')).toBe('from the environment')
})

test('without a file a server reaches no private address, a person does, and all programs are allowed', () => {
  expect(policyOf(undefined, 'server')).toEqual({ network: { private: false }, programs: nothing })
  expect(policyOf('', 'person')).toEqual({ network: { private: true }, programs: nothing })
})

test('the file and the environment allow a server private addresses', () => {
  const yes = { network: { private: true } }
  expect(policyOf('policy: { network: { private: true } }', 'server')).toMatchObject(yes)
  const no = 'policy: { network: { private: false } }'
  expect(policyOf(no, 'server', { NEXUS_ALLOW_PRIVATE_NETWORK: '1' })).toMatchObject(yes)
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

const bomb = `modules: &a {}\n${Array.from({ length: 40 }, (_, n) => `k${n}: &k${n} [${Array.from({ length: 9 }, () => (n === 0 ? '*a' : `*k${n - 1}`)).join(', ')}]`).join('\n')}\n`

test.for([
  ['- modules\n', /nexus\.yaml:1:1: Expected a map/],
  ['just text', /nexus\.yaml:1:1: Expected a map/],
  ['modules:\n\thttp: "*"\n', /nexus\.yaml:2:1: This is not YAML: .*tab.* Indent with spaces\./i],
  ['modules: [\n', /nexus\.yaml:\d+:\d+: This is not YAML/],
  ['modules: {}\nmodules: {}\n', /nexus\.yaml:2:1: This is not YAML: Map keys must be unique/],
  [bomb, /nexus\.yaml:1:1: This is not YAML: Its anchors stand for more than 1000000 values/],
  ['modules: &a { http: *a }\n', /Its anchors stand for more than/],
  ['module: {}\n', /nexus\.yaml:1:1: Unknown key "module"\. Did you mean "modules"\?/],
  ['modules: { Http: "*" }', /nexus\.yaml:1:12: Unknown key "Http"/],
  [
    'modules: { http: latest-ish x }',
    /nexus\.yaml:1:18: Expected a semver range like \^1\.0\.0 for "http", found "latest-ish x"/,
  ],
  ['modules:\n  http:\n    version: abc def\n', /nexus\.yaml:3:14: Expected a semver range/],
  ['modules: { http: { path: x, source: nexus } }', /take out source or path/],
  ['modules: { http: { sauce: nexus } }', /nexus\.yaml:1:18: Expected|Unknown key "sauce"/],
  ['server: { port: 70000 }', /nexus\.yaml:1:17: Expected a number <= 65535, found 70000/],
  [
    'registry: { url: https://example.com }',
    /nexus\.yaml:1:1: Modules come from folders; no registry is read yet/,
  ],
  [
    'policy: { program: { allow: [git] } }',
    /nexus\.yaml:1:11: Unknown key "program"\. Did you mean "programs"\?/,
  ],
  ['policy:\n  programs:\n    allow: git\n', /nexus\.yaml:3:12: Expected a list/],
  ['policy: { programs: { deny: [./sh] } }', /the name of a program, or an absolute path/],
  ['policy: { network: { private: maybe } }', /nexus\.yaml:1:31: Expected true or false/],
  [`# ${'x'.repeat(10_000_000)}`, /Expected at most 1048576 bytes, found 10000002/],
] as [string, RegExp][])('what is not understood is refused with its place: %#', ([text, message]) => {
  expect(() => workspaceOf(text)).toThrow(message)
})

test('a file that cannot be read is no workspace', () => {
  const folder = folderWith({})
  mkdirSync(join(folder, 'nexus.yaml'))
  expect(() => readWorkspace(folder)).toThrow(/cannot be read/)
})

test.for([
  [
    'lock_version: 1\nmodules: {http: {version: one, source: nexus}}\n',
    /nexus\.lock:2:27: Expected a version like 1\.0\.0/,
  ],
  ['lock_version: 2\nmodules: {}\n', /nexus\.lock:1:15: A newer Nexus wrote this file/],
  ['<<<<<<< mine\n', /nexus\.lock:1:1: This file was merged/],
] as [string, RegExp][])(
  'a lock that is damaged or newer is refused with its place: %#',
  ([text, message]) => {
    const folder = folderWith({ 'nexus.yaml': 'modules: {http: "*"}\n', 'nexus.lock': text })
    expect(() => readWorkspace(folder)).toThrow(message)
  },
)

test('the policy may refuse modules that nothing confines', () => {
  const mustConfine = (policy: string): boolean | undefined =>
    readWorkspace(folderWith({ 'nexus.yaml': policy })).options({ by: 'server', environment: {} }).mustConfine
  expect(mustConfine('policy: {confined: true}\n')).toBe(true)
  expect(mustConfine('policy: {}\n')).toBe(false)
})
