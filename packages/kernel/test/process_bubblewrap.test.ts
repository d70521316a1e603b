/**
 * A module's process inside bubblewrap, which takes the place of what a Python process locks itself in with. Skipped where
 * the system has none that works.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findBubblewrap } from '../src/hosts/process/bubblewrap.ts'
import { findPython } from '../src/hosts/process/python.ts'
import { failureOf, makeProcessWorld, outputOf, pythonOf, type ProcessWorld } from './process_world.ts'
import { task } from './world.ts'

const isHere = (await findBubblewrap()) !== undefined && !('missing' in (await findPython()))
const title = isHere ? 'in bubblewrap' : 'in bubblewrap (not here: no bubblewrap that works, or no Python)'

const makeWorld = (): ProcessWorld => makeProcessWorld({ bubblewrap: true })

/** Runs what its input says, and gives what that comes to. */
const evaluator = pythonOf(`import socket, subprocess
try:
    return ModuleResult.ok(eval(input))
except OSError as error:
    return ModuleResult.ok(type(error).__name__)`)

describe.skipIf(!isHere)(title, () => {
  test('a Python module reads its own folder and the system, and nothing else of this machine', async () => {
    const { start, folder } = makeWorld()
    writeFileSync(join(folder, 'mine.txt'), 'mine')
    const module = await start(evaluator)
    expect(await outputOf(module, `open(${JSON.stringify(join(folder, 'mine.txt'))}).read()`)).toBe('mine')
    expect(await outputOf(module, `open('/etc/passwd').read()`)).toBe('FileNotFoundError')
    expect(await outputOf(module, `os.listdir('/var')`)).toBe('FileNotFoundError')
    expect(await outputOf(module, `open(${JSON.stringify(join(folder, 'new'))}, 'w')`)).toBe('OSError')
  })

  test('a Python module has no network that it was not granted', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const connect = `socket.create_connection(('127.0.0.1', ${port}), 2).close()`
    const { start } = makeWorld()
    expect(await outputOf(await start(evaluator), connect)).toBe('ConnectionRefusedError')
    const granted = await start(evaluator, {
      manifest: { permissions: { network: [`127.0.0.1:${port}`] } },
    })
    expect(await outputOf(granted, connect)).toBeNull()
  })

  test('a module sees no process but its own, and signals none', async () => {
    const { start } = makeWorld()
    const module = await start(evaluator)
    const seen = (await outputOf(module, `[p for p in os.listdir('/proc') if p.isdigit()]`)) as string[]
    expect(seen.length).toBeLessThanOrEqual(3)
    expect(await outputOf(module, `os.kill(${process.pid}, 0)`)).toBe('ProcessLookupError')
  })

  test('a process that is killed says by what', async () => {
    const { start } = makeWorld()
    const module = await start(evaluator)
    const failure = await failureOf(module.execute(task('os.kill(os.getpid(), 9)')))
    expect(failure).toContain('its process was killed by SIGKILL.')
    expect(await outputOf(module, '1')).toBe(1)
  })

  test('a module that takes more memory than it says is ended', async () => {
    const { start } = makeWorld()
    const module = await start(
      pythonOf(`if input == "grow": self.held = [bytes([1]) * 1_000_000 for _ in range(400)]
return ModuleResult.ok(1)`),
      { manifest: { requirements: { memory_mb: 64 } } },
    )
    expect(await failureOf(module.execute(task('grow')))).toMatch(/MemoryError|took \d+ MB and was ended/)
    expect(await outputOf(module)).toBe(1)
  })

  test('nothing is left behind, neither of a process that stops nor of what it started', async () => {
    const { start } = makeWorld()
    const module = await start(evaluator, { manifest: { permissions: { run: ['sleep'] } } })
    const marker = '86398'
    await outputOf(module, `subprocess.Popen(['sleep', '${marker}'], start_new_session=True).pid`)
    await expect.poll(() => running(marker)).toBe(1)
    expect(await module.stop()).toEqual({ problems: [], handlesLeft: 0 })
    await expect.poll(() => running(marker)).toBe(0)
  })
})

/** The processes of this machine with that argument. */
function running(argument: string): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => commandLine(pid).split('\0').includes(argument)).length
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}
