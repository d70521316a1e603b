/**
 * What `npm start` does, as a process of its own: without a terminal it ends, and serves where that is asked for.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { setup } from './shell.ts'

const program = join(import.meta.dirname, '../../examples/weather/start.ts')

/** In a folder of its own, where it keeps its data. */
function npmStart(
  cwd: string,
  ...args: string[]
): { child: ChildProcess; said: () => string; ended: Promise<unknown[]> } {
  const { NEXUS_START: _unset, ...env } = process.env
  const child = spawn(process.execPath, [program, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  return { child, said: () => said, ended: once(child, 'close') }
}

test('without a terminal the example runs, it is said how to serve, and that is all', async () => {
  using world = setup()
  const { said, ended } = npmStart(world.folder)
  expect(await ended).toEqual([0, null])
  expect(said()).toMatch(/completed[^]*The report is in[^]*Serve over HTTP: +npx nexus start/)
  expect(said()).not.toContain('It serves')
})

test('with --serve it serves the run of the example until it is told to end', async () => {
  using world = setup()
  const { child, said, ended } = npmStart(world.folder, '--serve', '--port', '0')
  await expect.poll(said, { timeout: 20_000 }).toMatch(/It serves (\S+);/)
  const [, url = ''] = /It serves (\S+);/.exec(said()) ?? []
  const { runs } = (await (await fetch(`${url}/runs`)).json()) as { runs: unknown[] }
  expect(runs).toMatchObject([{ status: 'completed' }])
  child.kill('SIGINT')
  expect(await ended).toEqual([0, null])
})

test('a port that is taken is said, with what to do', async () => {
  using world = setup()
  const other = createServer((_request, response) => response.end()).listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { said, ended } = npmStart(world.folder, '--port', String(port))
  expect(await ended).toEqual([2, null])
  expect(said()).toContain(
    `Port ${port} of 127.0.0.1 is taken by another program. End that, or choose another`,
  )
  other.close()
})
