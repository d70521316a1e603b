/**
 * Opens a kernel over argv[2] (modules) and argv[3] (data), runs each task once, closes, and prints as JSON what a test
 * cannot see from within its own process: whether esbuild was imported, and what still keeps the process alive.
 */
import { registerHooks } from 'node:module'
import { systemClock } from '@nexus/sdk'

let esbuild = false
registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'esbuild') esbuild = true
    return next(specifier, context)
  },
})

const { openKernel } = await import('@nexus/kernel')
const { task } = await import('./task.ts')
const [source = '', data = ''] = process.argv.slice(2)
const silent = (): void => {}
const log = { debug: silent, info: silent, warn: silent, error: silent }
const started = systemClock.elapsed()
const kernel = await openKernel({ sources: [source], data, clock: systemClock, log })
const openMs = systemClock.elapsed() - started
const outputs = await Promise.all(
  kernel.routes().map(async (route) => (await route.invoke(task(1))).outputData),
)
await kernel.close()
const handles = process.getActiveResourcesInfo().filter((name) => !/^(TTY|Pipe|FS)Wrap$/.test(name))
console.log(JSON.stringify({ esbuild, openMs, outputs, handles }))
