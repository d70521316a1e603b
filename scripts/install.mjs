/**
 * Installs what the repository needs, once: `npm start`, `npm test` and the others call it first.
 * It runs on any Node from 18 on (the repository's own Node 26 is one of the things that it installs), and does
 * nothing when node_modules is already what package-lock.json asks for.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const lockFile = join(root, 'package-lock.json')
const stampFile = join(root, 'node_modules', '.nexus-installed')
const wanted = createHash('sha256').update(readFileSync(lockFile)).digest('hex')

if (!existsSync(stampFile) || readFileSync(stampFile, 'utf8') !== wanted) install()

function install() {
  console.error('Installing what Nexus needs (once, about half a minute)…')
  const npm = process.env.npm_execpath
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const done = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    : spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (done.status !== 0) {
    console.error(
      `npm ci ended with exit code ${done.status ?? done.signal}. Is the npm registry reachable? Try: npm ci --ignore-scripts`,
    )
    process.exit(1)
  }
  writeFileSync(stampFile, wanted)
}
