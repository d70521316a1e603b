import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, expect, onTestFinished, test } from 'vitest'
import { failureOf, isAlive, makeProcessWorld, outputOf, pythonOf } from './process_world.ts'
import { task } from './world.ts'

const who = `return ModuleResult.ok([process.pid, process.cwd()])`
const whoPython = pythonOf('return ModuleResult.ok([os.getpid(), os.getcwd()])')

describe.each([
  ['Node', who],
  ['Python', whoPython],
])('a module in %s', (_name, source) => {
  test('leaves no process and no folder behind when it stops', async () => {
    const { start } = makeProcessWorld()
    const module = await start(source)
    const [pid, folder] = (await outputOf(module)) as [number, string]
    expect([isAlive(pid), existsSync(folder)]).toEqual([true, true])
    expect(await module.stop()).toEqual({ problems: [], handlesLeft: 0 })
    expect([isAlive(pid), existsSync(folder)]).toEqual([false, false])
  })

  test.runIf(process.platform === 'linux')(
    'takes the process that waits for it, and another waits for the next',
    async () => {
      const { start, host } = makeProcessWorld({ sparesMax: 1 })
      const [first] = (await outputOf(await start(source))) as [number]
      const waiting = children().filter((pid) => pid !== first)
      expect(waiting).toHaveLength(1)
      const [second] = (await outputOf(await start(source))) as [number]
      expect(waiting).toEqual([second])
      const next = children().filter((pid) => pid !== first && pid !== second)
      expect(next).toHaveLength(1)
      await host.close()
      expect(next.filter(isAlive)).toEqual([])
    },
  )

  test('that is stopped while it works fails that work, and says why', async () => {
    const { start } = makeProcessWorld()
    const module = await start(
      typeof source === 'string'
        ? 'context.log.info("begun"); await new Promise(() => setTimeout(() => {}, 60_000))'
        : pythonOf('context.log.info("begun"); await asyncio.sleep(60)'),
    )
    const working = failureOf(module.execute(task(null)))
    await module.stop()
    expect(await working).toContain('Module "subject" 1.2.3 did not finish this task: it was stopped.')
  })
})

/** The modules' processes that this one has started. */
function children(): number[] {
  const pids = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'latin1').trim().split(' ')
  return pids
    .map(Number)
    .filter(
      (pid) => isAlive(pid) && /host\/main\.py|\.cjs/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1')),
    )
}

test('the processes of a host that is killed end with it, however busy they are', async () => {
  const program = join(import.meta.dirname, 'programs/process_host.ts')
  const { folder } = makeProcessWorld()
  const host = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void host.kill('SIGKILL'))
  const pids = await new Promise<number[]>((resolve) =>
    host.stdout.once('data', (line: Buffer) => resolve(JSON.parse(line.toString()) as number[])),
  )
  onTestFinished(() => {
    for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL')
  })
  expect(pids).toHaveLength(2)
  expect(pids.filter(isAlive)).toEqual(pids)
  host.kill('SIGKILL')
  await expect.poll(() => pids.filter(isAlive), { timeout: 5_000 }).toEqual([])
  const temporary = join(folder, 'process_host/temporary')
  expect(readdirSync(temporary).length).toBeGreaterThanOrEqual(2)
  await (await makeProcessWorld({ folder }).start(who)).stop()
  expect(readdirSync(temporary)).toEqual([])
})

test('a program that starts a module and stops it ends by itself', async () => {
  const code = `
    const { processHost } = await import(${JSON.stringify(join(import.meta.dirname, '../src/hosts/process.ts'))})
    const { systemClock } = await import('@nexus/sdk')
    const silent = () => {}
    const host = processHost({ folder: process.argv[1] })
    const instance = await host.start({
      manifest: { id: 'm', version: '1.0.0', type: 'executor', name: 'm', description: 'm', entry_points: { main: 'main.js' } },
      artifact: { digest: 'd', code: 'exports.Module = class { execute() {} }' },
      config: {}, folder: process.cwd(), clock: systemClock,
      log: { debug: silent, info: silent, warn: silent, error: silent },
      secrets: {}, policy: { network: { private: true }, programs: { deny: [] } },
      deadlines: { setupMsMax: 10_000, teardownMsMax: 1_000 },
    })
    await instance.stop()
    if (process.argv[2] === 'close') await host.close()
    console.log('done')`
  const { folder } = makeProcessWorld()
  for (const how of ['close', 'forget to']) {
    const program = spawn(process.execPath, ['--input-type=module', '-e', code, folder, how], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    onTestFinished(() => void program.kill('SIGKILL'))
    expect(await text(program.stdout)).toBe('done\n')
  }
})

test('a host without modules starts nothing and makes nothing', async () => {
  const { folder } = makeProcessWorld()
  const { host } = makeProcessWorld({ folder, sparesMax: 1 })
  await host.close()
  expect(readdirSync(folder)).toEqual([])
})
