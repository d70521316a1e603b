#!/usr/bin/env node
/**
 * Starts the nexus command on a Node that can run it. Plain JavaScript of 2020, so that an older Node reads it:
 * that one starts the repository's own Node, which npm has installed, in its place, or says what to do.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as nodeModule from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const majorMin = 26
const here = dirname(fileURLToPath(import.meta.url))

if (Number(process.versions.node.split('.')[0]) >= majorMin) {
  nodeModule.enableCompileCache()
  const { main } = await import('../src/main.ts')
  process.exitCode = await main(process.argv.slice(2))
} else {
  startOnOwnNode()
}

function startOnOwnNode() {
  const node = findNode(here)
  if (node === undefined) {
    console.error(
      `nexus needs Node ${majorMin} or newer; this is ${process.version}. Install one from nodejs.org, or run "npm install" where Nexus is installed: it brings its own.`,
    )
    process.exitCode = 2
    return
  }
  const child = spawn(node, process.argv.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => forward(child, signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}

/** A terminal sends Ctrl-C to both; what was sent to this process alone goes on to the child. */
function forward(child, signal) {
  if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
}

/** The Node that npm installed for this platform, in the nearest node_modules. */
function findNode(folder) {
  const { platform, arch } = process
  const name = platform === 'win32' ? 'node.exe' : 'node'
  const packages = [`node-${platform === 'win32' ? 'win' : platform}-${arch}`, `node-bin-${platform}-${arch}`]
  for (const each of packages) {
    const file = join(folder, 'node_modules', each, 'bin', name)
    if (existsSync(file)) return file
  }
  const parent = dirname(folder)
  return parent === folder ? undefined : findNode(parent)
}
