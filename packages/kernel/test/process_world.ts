/**
 * A test's own process host, and modules in it that misbehave. Everything is ended and removed when the test ends.
 */
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Host, HostedModule, Instance } from '@nexus/kernel'
import { openPolicy, systemClock, type Json, type JsonObject, type Manifest } from '@nexus/sdk'
import { afterAll, onTestFinished } from 'vitest'
import { digestOf } from '../src/artifact.ts'
import { processHost, type ProcessHostOptions } from '../src/hosts/process.ts'
import { packPython } from '../src/hosts/process/python_artifact.ts'
import { logInto, task } from './world.ts'

export interface ProcessWorld {
  readonly folder: string
  readonly host: Required<Host>
  readonly logged: string[]
  /** Starts a module: what its `execute` does, in JavaScript, or the files of one in Python. */
  readonly start: (
    source: string | Readonly<Record<string, string>>,
    options?: StartOptions,
  ) => Promise<Instance>
}

export interface StartOptions {
  readonly manifest?: Partial<Manifest>
  readonly config?: JsonObject
  /** Members of the JavaScript class besides `execute`. */
  readonly members?: string
}

/** Where the code of Node's processes is kept for all tests of a file. */
const shared = mkdtempSync(join(tmpdir(), 'nexus-process-test-'))
afterAll(() => rmSync(shared, { recursive: true, force: true }))

export function makeProcessWorld(options: ProcessHostOptions = {}): ProcessWorld {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nexus-process-world-')))
  const host = processHost({ folder: shared, sparesMax: 0, ...options })
  const logged: string[] = []
  const instances: Instance[] = []
  onTestFinished(async () => {
    await Promise.all(instances.map((instance) => instance.stop()))
    await host.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    folder,
    host,
    logged,
    async start(source, started = {}) {
      const instance = await host.start(makeHosted(source, started, { folder, logged }))
      instances.push(instance)
      return instance
    },
  }
}

function makeHosted(
  source: string | Readonly<Record<string, string>>,
  { manifest, config = {}, members = '' }: StartOptions,
  { folder, logged }: { folder: string; logged: string[] },
): HostedModule {
  const code = typeof source === 'string' ? javascriptOf(source, members) : packPython(source)
  return {
    manifest: {
      id: 'subject',
      version: '1.2.3',
      type: 'executor',
      name: 'Subject',
      description: 'A module of a test.',
      entry_points: { main: typeof source === 'string' ? 'main.js' : (Object.keys(source)[0] ?? '') },
      ...manifest,
    },
    artifact: { digest: digestOf(code), code },
    config,
    folder,
    clock: systemClock,
    log: logInto(logged),
    secrets: { get: async (name) => `secret ${name}` },
    policy: openPolicy,
    deadlines: { setupMsMax: 10_000, teardownMsMax: 2_000 },
  }
}

function javascriptOf(execute: string, members: string): string {
  return `const { BaseModule, ModuleResult, TaskFault } = require('@nexus/sdk')
exports.Module = class Module extends BaseModule {
  ${members}
  async execute(context) { const input = context.inputData; ${execute} }
}`
}

/** A module in Python whose `execute` does that. */
export function pythonOf(execute: string, before = ''): Record<string, string> {
  const body = execute
    .split('\n')
    .map((line) => `        ${line}`)
    .join('\n')
  const text = `import asyncio, os, sys, time
from nexus.modules.base import *
${before}

class Module(BaseModule):
    async def execute(self, context):
        input = context.input_data
${body}
`
  return { 'main.py': text }
}

export async function outputOf(instance: Instance, input: Json = null): Promise<Json> {
  const result = await instance.execute(task(input))
  return result.success ? result.outputData : (result.error?.detail ?? 'no detail')
}

/** The message with which a task fails. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'it did not fail'
  } catch (error) {
    return String(error)
  }
}

/** One that is dead but not yet collected by its parent counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
