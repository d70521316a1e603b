/**
 * A test's own world: a temporary folder with modules that the test writes, kernels over it, a log that is kept, and a
 * clock whose timers end when the test says so. Everything is closed and removed when the test ends.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openKernel, type Kernel, type KernelOptions } from '@nexus/kernel'
import { systemClock, type Clock, type Json, type Log } from '@nexus/sdk'
import { onTestFinished } from 'vitest'
import { task } from './programs/task.ts'

export { task }

export interface World {
  readonly folder: string
  readonly source: string
  readonly data: string
  readonly logged: string[]
  /** Writes files below the world's folder and gives the first one's path. */
  write(files: Readonly<Record<string, string>>): string
  /** Writes a module and gives its folder. */
  module(id: string, options?: ModuleOptions): string
  open(options?: Partial<KernelOptions>): Promise<Kernel>
}

export interface ModuleOptions {
  readonly source?: string
  readonly type?: string
  readonly version?: string
  /** Lines of YAML at the end of the manifest. */
  readonly manifest?: string
  readonly main?: string
  /** Files by path below the module's folder; the entry is one that echoes by default. */
  readonly files?: Readonly<Record<string, string>>
}

export const echo = `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  async execute(context) { return ModuleResult.ok(context.inputData) }
}
`

export function makeWorld(): World {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nexus-kernel-')))
  const source = join(folder, 'modules')
  const data = join(folder, 'data')
  const logged: string[] = []
  const kernels: Kernel[] = []
  onTestFinished(async () => {
    for (const kernel of kernels) await kernel.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    folder,
    source,
    data,
    logged,
    write: (files) => writeFiles(folder, files),
    module: (id, options = {}) => writeModule(options.source ?? source, id, options),
    async open(options = {}) {
      const given = { sources: [source], data, clock: systemClock, log: logInto(logged), ...options }
      const kernel = await openKernel(given)
      kernels.push(kernel)
      return kernel
    },
  }
}

export function logInto(logged: string[]): Log {
  const keep = (message: string): void => void logged.push(message)
  return { debug: keep, info: keep, warn: keep, error: keep }
}

function writeFiles(folder: string, files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return join(folder, Object.keys(files)[0] ?? '')
}

function writeModule(source: string, id: string, options: ModuleOptions): string {
  const { type = 'executor', main = 'main.js', files = { [main]: echo } } = options
  const folder = join(source, `${type}s`, id)
  writeFiles(folder, { 'manifest.yaml': manifestText(id, { type, main, ...options }), ...files })
  return folder
}

/** A manifest that provides the task of the module's own id, unless the options say what it provides. */
export function manifestText(id: string, options: ModuleOptions = {}): string {
  const { type = 'executor', version = '1.0.0', main = 'main.js', manifest = '' } = options
  const lines = [
    `id: ${id}`,
    `version: ${version}`,
    `type: ${type}`,
    `name: ${id}`,
    `description: A module of a test.`,
    `entry_points: {main: ${main}}`,
    ...(manifest.includes('provides:') ? [] : [`provides: [{task: ${id}}]`]),
    manifest,
  ]
  return lines.filter((line) => line !== '').join('\n') + '\n'
}

/** The output of one task, or the detail of the error that it faulted with. */
export async function outputOf(kernel: Kernel, capability: string, input: Json = null): Promise<Json> {
  const route = kernel.route(capability)
  if (route === undefined) throw new Error(kernel.explainMissing(capability))
  const result = await route.invoke(task(input))
  return result.success ? result.outputData : (result.error?.detail ?? 'no detail')
}

/** A clock whose timers end when `expire` is called, in place of time passing; `armed` counts those that run. */
export interface ManualClock extends Clock {
  expire(): void
  readonly armed: number
}

export function manualClock(): ManualClock {
  const timers = new Set<() => void>()
  return {
    ...systemClock,
    timer(_delayMs, callback) {
      timers.add(callback)
      return () => timers.delete(callback)
    },
    expire() {
      for (const callback of Array.from(timers)) {
        timers.delete(callback)
        callback()
      }
    },
    get armed() {
      return timers.size
    },
  }
}
