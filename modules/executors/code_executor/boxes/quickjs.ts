/**
 * JavaScript, by default: QuickJS as WebAssembly, a fresh machine for every script, in a warm Node process that has no
 * rights but to read the engine. A script has no object of that process, no file, no socket and no clock of its own; its
 * memory and its stack are the engine's to limit. It is slower than V8 by far, and starts in milliseconds.
 */
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { realpathSync } from 'node:fs'
import { withLimits, underBubblewrap } from '../worker/launch.ts'
import { workerBox } from '../worker/box.ts'
import { Worker } from '../worker/worker.ts'
import type { Sandbox } from '../sandbox.ts'
import type { BoxSettings } from '../settings.ts'
import { quickjsDriver } from './quickjs/driver.ts'

/** What Node itself takes of the memory that a process may write to, most of it never touched. */
export const nodeDataBytes = 671_088_640

export function quickjsBox(settings: BoxSettings): Sandbox {
  const { host, bubblewrap, nodePackages, limits } = settings
  const engine = realpathSync(engineFolder())
  const readable = [engine, ...(nodePackages === '' ? [] : [nodePackages])]
  const flags = ['--permission', ...readable.map((path) => `--allow-fs-read=${path}`), ...quiet]
  const node = {
    program: process.execPath,
    arguments: [...flags, '--input-type=module', '--eval', quickjsDriver, engine, nodePackages],
  }
  const world = { readable: [realpathSync(process.execPath), ...readable], folders: [] }
  const launch =
    bubblewrap === undefined
      ? node
      : underBubblewrap(bubblewrap, world, { ...node, program: realpathSync(process.execPath) })
  const limited = withLimits(launch, { dataBytesMax: nodeDataBytes + limits.memoryBytes })
  return workerBox({
    name: 'quickjs',
    language: 'javascript',
    layers: [
      'webassembly',
      'node_permissions',
      ...(bubblewrap === undefined ? [] : ['bubblewrap']),
      'memory_limit',
    ],
    clock: host.clock,
    concurrency: settings.concurrency,
    start: () => Worker.start({ ...limited, canStop: false, isSingleUse: false }, host.clock, host.watchdog),
    answer: (script, request, signal) => host.network.fetch(script.network, request, signal),
  })
}

export const quiet = ['--no-warnings', '--disallow-code-generation-from-strings']

/** Compiling on one thread, and a small nursery for objects: what a process takes that runs one script. */
export const frugal = ['--v8-pool-size=1', '--max-semi-space-size=1']

function engineFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('quickjs-wasi/package.json'))
}
