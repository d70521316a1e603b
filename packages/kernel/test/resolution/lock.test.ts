import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { formatProblems } from '../../src/problem.ts'
import {
  changedDigests,
  formatLock,
  lockedVersions,
  lockOf,
  readLock,
  readLockFile,
  writeLock,
  type Lock,
} from '../../src/resolution/lock.ts'
import { listSource } from '../../src/resolution/package_source.ts'
import { resolve, type Resolution } from '../../src/resolution/resolve.ts'

const digest = 'e'.repeat(64)

const store = {
  memory: [{ version: '1.2.0', dependencies: [], digest }],
  agent: [
    {
      version: '2.0.0',
      dependencies: [
        { id: 'task_manager', range: '>=1.0.0' },
        { id: 'memory', range: '^1.0.0' },
        { id: 'search', range: '*', optional: true },
      ],
    },
  ],
}

const text = `# What the modules that nexus.yaml asks for came to. Nexus writes this file: commit it as it is.
lock_version: 1
modules:
  agent:
    version: 2.0.0
    source: store
    dependencies:
      memory: ^1.0.0
      task_manager: ">=1.0.0"
    optional_dependencies:
      search: "*"
  memory:
    version: 1.2.0
    source: store
    digest: sha256:${digest}
`

async function resolution(): Promise<Resolution> {
  const outcome = await resolve({
    roots: [{ id: 'agent', range: '*' }],
    sources: [listSource('store', store)],
  })
  if (outcome.kind === 'failed') throw new Error('the store has an answer')
  return outcome
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'nexus-lock-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** What is said of a text that is no lock. */
function problemsOf(broken: string): string {
  const { lock, problems } = readLock(broken, 'nexus.lock')
  expect(lock).toBeUndefined()
  return formatProblems(problems)
}

test('a resolution is written sorted, one fact a line', async () => {
  expect(formatLock(lockOf(await resolution()))).toBe(text)
})

test('what is written is read again as it was', async () => {
  const path = join(folder(), 'nexus.lock')
  const lock = lockOf(await resolution())
  writeLock(path, lock)
  expect(readLockFile(path)).toEqual({ lock, problems: [] })
  expect(lockedVersions(lock)).toEqual(
    new Map([
      ['agent', '2.0.0'],
      ['memory', '1.2.0'],
    ]),
  )
})

test('any lock comes back as it was, whatever its texts look like to YAML', () => {
  const word = fc.string({ minLength: 1 })
  const requirement = fc.oneof(
    fc.record({ id: word, range: word }),
    fc.record({ id: word, range: word, optional: fc.constant(true) }),
  )
  const module = fc.record(
    {
      version: fc.constantFrom('1.0.0', '0.0.1-1', '1.0.0-0e1', '2.0.0+5'),
      source: word,
      digest: fc.stringMatching(/^[0-9a-f]{64}$/),
      dependencies: fc.uniqueArray(requirement, { selector: ({ id }) => id }),
    },
    { requiredKeys: ['version', 'source', 'dependencies'] },
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(word, module)), (entries) => {
      const lock: Lock = { modules: new Map(entries) }
      const written = formatLock(lock)
      const { lock: again, problems } = readLock(written, 'nexus.lock')
      expect(problems).toEqual([])
      expect(new Set(again?.modules.keys())).toEqual(new Set(lock.modules.keys()))
      for (const [id, { dependencies, ...rest }] of lock.modules) {
        const { dependencies: read, ...others } = again?.modules.get(id) ?? {}
        expect(others).toEqual(rest)
        expect(new Set(read)).toEqual(new Set(dependencies))
      }
      expect(formatLock(again ?? { modules: new Map() })).toBe(written)
    }),
    { numRuns: 300 },
  )
})

test('a lock that is not there is no problem', () => {
  expect(readLockFile(join(folder(), 'nexus.lock'))).toEqual({ lock: undefined, problems: [] })
})

test('writing leaves the old lock or the new one, and nothing beside it', () => {
  const path = join(folder(), 'nexus.lock')
  writeFileSync(path, 'old')
  writeLock(path, { modules: new Map() })
  expect(readFileSync(path, 'utf8')).toContain('lock_version: 1')
  expect(readdirSync(join(path, '..'))).toEqual(['nexus.lock'])
})

test('a lock that cannot be used says where, and what to do', () => {
  const next = 'Delete the file and resolve again, or take the last good one from version control.'
  expect(problemsOf(text.replace('version: 1.2.0', 'version: one'))).toBe(
    `nexus.lock:13:14: Expected a version like 1.0.0, found "one". ${next}`,
  )
  expect(problemsOf(text.replace('sha256:e', 'sha256:x'))).toBe(
    `nexus.lock:15:13: Expected sha256: and 64 digits in lower-case hex. ${next}`,
  )
  expect(problemsOf(text.replace('memory: ^1.0.0', 'memory: 1'))).toContain('nexus.lock:8:7: Expected a map')
  expect(problemsOf('modules: {}')).toContain('nexus.lock:1:1: Expected a lock_version like 1.')
  expect(problemsOf('lock_version: 1')).toContain('Expected a map of modules.')
  expect(problemsOf('lock_version: 1\nmodules: {a: 1}')).toContain('nexus.lock:2:14: Expected a map')
  expect(problemsOf('')).toContain('nexus.lock:1:1: Expected a map')
  expect(problemsOf('a: b: c')).toMatch(/^nexus\.lock:1:\d+: This is not YAML/)
})

test('a lock of a newer Nexus is not guessed at', () => {
  expect(problemsOf(text.replace('lock_version: 1', 'lock_version: 2'))).toBe(
    'nexus.lock:2:15: A newer Nexus wrote this file: its lock_version is 2, and 1 is the newest that this one reads. Update Nexus, or delete the file and resolve again.',
  )
})

test('a conflict that a merge left is named as one', () => {
  const merged = text.replace(
    '    version: 1.2.0\n',
    '<<<<<<< ours\n    version: 1.2.0\n=======\n    version: 1.3.0\n>>>>>>> theirs\n',
  )
  expect(problemsOf(merged)).toContain('nexus.lock:13:1: This file was merged, and a conflict is left in it.')
})

test('a module whose bytes changed under its version is told', async () => {
  const found = await resolution()
  const lock = lockOf(found)
  expect(changedDigests(lock, found)).toEqual([])
  const other = new Map(lock.modules)
  const memory = lock.modules.get('memory')
  if (memory !== undefined) other.set('memory', { ...memory, digest: 'f'.repeat(64) })
  expect(changedDigests({ modules: other }, found)).toEqual(['memory'])
})
