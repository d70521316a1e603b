/**
 * The memory of a Pyodide that has just started, from which others start in a tenth of the processor time. It is made once for
 * a box, in the background and by a process that runs no script; what fails there costs time alone, since workers start
 * without it too. It is an open file that has no name any more, so that nothing is left of it, however this host ends.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, open, realpath, rm, type FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { promisify } from 'node:util'
import { workerEnvironment } from '../../worker/launch.ts'

/** Nothing with a state of its own that two scripts should not share, such as `random`. */
const preloaded = 'import ast, io, json, linecache, os, sys, traceback, types'

const maker = String.raw`
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
const [engineFolder, file, preloaded] = process.argv.slice(-3)
const { constants } = createRequire(engineFolder)('node:fs')
process.binding = () => ({ fs: constants })
const { loadPyodide } = await import(pathToFileURL(engineFolder + 'pyodide.mjs').href)
const pyodide = await loadPyodide({ indexURL: engineFolder, jsglobals: Object.create(null), _makeSnapshot: true })
pyodide.runPython(preloaded)
writeFileSync(file, pyodide.makeMemorySnapshot())
`

const makeMsMax = 120_000

export class Snapshot {
  readonly #engineFolder: string
  readonly #stop = new AbortController()
  #making: Promise<void> | undefined
  #file: FileHandle | undefined

  constructor(engineFolder: string) {
    this.#engineFolder = engineFolder
  }

  /** The descriptor of the open file; undefined as long as there is none. The first call has it made. */
  descriptor(): number | undefined {
    this.#making ??= this.#make().catch(() => undefined)
    return this.#file?.fd
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#making
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #make(): Promise<void> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'nexus-pyodide-'))
    try {
      const path = join(folder, 'snapshot')
      const permissions = [
        '--permission',
        `--allow-fs-read=${this.#engineFolder}`,
        `--allow-fs-write=${folder}`,
      ]
      const flags = [...permissions, '--no-warnings', '--input-type=module', '--eval', maker]
      await promisify(execFile)(process.execPath, [...flags, this.#engineFolder + sep, path, preloaded], {
        env: workerEnvironment,
        killSignal: 'SIGKILL',
        timeout: makeMsMax,
        signal: this.#stop.signal,
      })
      this.#file = await open(path, 'r')
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
}
