/**
 * Python compiled to WebAssembly, where the system's Python cannot be contained: a fresh Node process for each script,
 * without rights but to read Pyodide, one of them kept ready since it takes a second to start. A script sees the files
 * of its WebAssembly world alone; it has the standard library without processes, threads and sockets,
 * and http and https, which this host asks for.
 */
import { access, realpath } from 'node:fs/promises'
import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { underBubblewrap, withLimits, type Launch } from '../worker/launch.ts'
import { workerBox } from '../worker/box.ts'
import { Worker } from '../worker/worker.ts'
import type { Sandbox } from '../sandbox.ts'
import type { BoxSettings } from '../settings.ts'
import { pyodideDriver } from './pyodide/driver.ts'
import { Snapshot } from './pyodide/snapshot.ts'
import { frugal, nodeDataBytes, quiet } from './quickjs.ts'

/** `folder` is that of the pyodide package. */
export function pyodideBox(settings: BoxSettings, folder: string): Sandbox {
  const { host, bubblewrap, limits, pythonPackages } = settings
  const readable = [folder, ...(pythonPackages === '' ? [] : [pythonPackages])]
  const flags = [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...quiet,
    ...frugal,
    '--optimize-for-size',
    '--expose-gc',
  ]
  const program = realpathSync(process.execPath)
  const snapshot = new Snapshot(folder)
  const launchWith = (descriptor: number | undefined): Launch => {
    const given = [folder + sep, pythonPackages, descriptor === undefined ? '' : '3']
    const node = { program, arguments: [...flags, '--input-type=module', '--eval', pyodideDriver, ...given] }
    const world = { readable: [program, ...readable], folders: [] }
    const launch = bubblewrap === undefined ? node : underBubblewrap(bubblewrap, world, node)
    return withLimits(launch, { dataBytesMax: nodeDataBytes + pyodideDataBytes + limits.memoryBytes })
  }
  const box = workerBox({
    name: 'pyodide',
    language: 'python',
    layers: [
      'webassembly',
      'node_permissions',
      ...(bubblewrap === undefined ? [] : ['bubblewrap']),
      'memory_limit',
    ],
    metersCpu: true,
    clock: host.clock,
    concurrency: settings.concurrency,
    answer: (script, request, signal) => host.network.fetch(script.network, request, signal),
    start() {
      const inherits = snapshot.descriptor()
      const program = { ...launchWith(inherits), canStop: false, isSingleUse: true, inherits }
      return Worker.start(program, host.clock, host.watchdog)
    },
  })
  return {
    ...box,
    async stop() {
      await box.stop()
      await snapshot.stop()
    },
  }
}

/** What Pyodide itself holds, before any script. */
const pyodideDataBytes = 134_217_728

/** The folder of the installed package: as configured, else as it is found from here, from the program or from the working folder. */
export async function findPyodide(configured: string): Promise<string | undefined> {
  const places = configured === '' ? installedAt() : [configured]
  for (const folder of places) {
    const isThere = await access(join(folder, 'pyodide.asm.wasm')).then(
      () => true,
      () => false,
    )
    if (isThere) return realpath(folder)
  }
  return undefined
}

function installedAt(): string[] {
  // A host that bundles this file into a script has no URL for it.
  const here: string | undefined = import.meta.url
  const bases = [here, process.argv[1], join(process.cwd(), 'package.json')]
  return bases.flatMap((base) => {
    try {
      return base === undefined ? [] : [dirname(createRequire(base).resolve('pyodide/package.json'))]
    } catch {
      return []
    }
  })
}
