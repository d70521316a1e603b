/** Servers for the tests: one that others wrote, over both transports, and small hostile ones. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { JsonObject } from '@nexus/sdk'

export const everything = createRequire(import.meta.url).resolve(
  '@modelcontextprotocol/server-everything/dist/index.js',
)

export const stdio: JsonObject = { stdio: { command: process.execPath, arguments: [everything, 'stdio'] } }

/** The server over Streamable HTTP, which takes its port from the environment. */
export async function serveEverything(): Promise<string> {
  const port = await freePort()
  const child = spawn(process.execPath, [everything, 'streamableHttp'], {
    env: { PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (said.includes('listening')) resolve()
    })
    child.once('exit', () => reject(new Error(`The server did not start: ${said}`)))
  })
  return `http://127.0.0.1:${port}/mcp`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => void server.close(resolve))
  return port
}

/** A server whose program is given; it may `answer(id, result)` what `read(message)` gets. */
export function program(body: string): JsonObject {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-mcp-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'server.cjs')
  writeFileSync(file, `${prelude}\n${body}`)
  return { stdio: { command: process.execPath, arguments: [file] } }
}

const prelude = `
const answer = (id, result) => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n')
const welcome = (id) => answer(id, { protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 'x', version: '1' } })
const read = (handle) => require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => handle(JSON.parse(line)))
`

/** Whether a process is there, also as one that nobody has collected. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
