/**
 * The host for modules that are not trusted, and for every module in Python: each in a process of its own, which has an
 * empty environment, a temporary folder, and no right that its manifest does not list. A module that crashes, blocks,
 * floods or grows takes its own tasks with it and nothing else.
 *
 * A Node process is held by Node's permission model, which covers files, sockets, programs, workers and add-ons. A Python
 * process locks itself in with Landlock and seccomp. bubblewrap goes around the one and takes the place of the other where
 * it is there. Where a system has neither, a Python process is separate, and not confined, which is said.
 * Nothing tells one address from another: a module that lists any has the network (Landlock, since its version 4, lets
 * it have the TCP ports that it lists).
 */
import { systemClock, type Clock, type Log, type Manifest } from '@nexus/sdk'
import { Watchdog } from '@nexus/sdk/process'
import { ModuleFailure, type Host, type HostedModule } from '../host.ts'
import { languageOf, type Language } from '../manifest.ts'
import { findBubblewrap } from './process/bubblewrap.ts'
import { findConfinement } from './process/confinement.ts'
import { unconfinedDetail } from './process/confinement_here.ts'
import { openHome, type Home } from './process/home.ts'
import { ProcessInstance } from './process/instance.ts'
import { launchNode, launchPython, type Launch, type LaunchOptions } from './process/launch.ts'
import { Pool } from './process/pool.ts'
import { findPython, pythonSdk } from './process/python.ts'
import { nodeRuntime } from './process/runtime.ts'
import { label } from './results.ts'

export interface ProcessHostOptions {
  /** Where the Node processes' own code is kept between starts, and where processes have their temporary folders. */
  readonly folder?: string
  readonly clock?: Clock
  /** What `permissions.env` chooses from; nothing by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Processes that wait for the next module, each with the memory of an empty one. */
  readonly sparesMax?: number
  /** A module's memory where its manifest has no `requirements.memory_mb`. */
  readonly memoryMb?: number
  /** How long a process has to come up. */
  readonly helloMsMax?: number
  /** How long a task that was cancelled has to stop, before its process is ended. */
  readonly graceMsMax?: number
  /** Whether bubblewrap goes around each process where the system has it; it does by default. */
  readonly bubblewrap?: boolean
  /** Whether Python processes lock themselves in where bubblewrap is not around them; they do by default. */
  readonly confines?: boolean
  /** Whether modules are refused that nothing can confine; by default they run, and it is logged once. */
  readonly mustConfine?: boolean
  /** Node and Python; the ones here by default. */
  readonly programs?: { readonly node?: string; readonly python?: string }
}

/** The process host; `close` it after the modules that it runs have stopped. */
export function processHost(options: ProcessHostOptions = {}): Required<Host> {
  return new ProcessHost(options)
}

class ProcessHost implements Required<Host> {
  readonly name = 'process'
  readonly isTrusted = false
  readonly #options: ProcessHostOptions
  readonly #clock: Clock
  readonly #watchdog = new Watchdog()
  readonly #pool: Pool
  readonly #bubblewrap = once(async () => (this.#options.bubblewrap === false ? undefined : findBubblewrap()))
  readonly #python = once(() => findPython(this.#options.programs?.python))
  readonly #confinement = once(async () => this.#findConfinement())
  readonly #runtime = once(() => nodeRuntime(this.#openHome().folder))
  #home: Home | undefined
  #saidUnconfined = false

  constructor(options: ProcessHostOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    const { sparesMax = 1, helloMsMax = 10_000 } = options
    const makeTemporary = (): string => this.#openHome().makeTemporary()
    this.#pool = new Pool({
      clock: this.#clock,
      watchdog: this.#watchdog,
      makeTemporary,
      sparesMax,
      helloMsMax,
    })
  }

  runs(language: Language): boolean {
    return language === 'javascript' || language === 'python'
  }

  async start(hosted: HostedModule): Promise<ProcessInstance> {
    const memoryMb = hosted.manifest.requirements?.memory_mb ?? this.#options.memoryMb ?? 512
    const instance = new ProcessInstance({
      hosted,
      memoryMb,
      pool: this.#pool,
      launch: await this.#launch(hosted, memoryMb),
      clock: this.#clock,
      graceMsMax: this.#options.graceMsMax ?? 5_000,
    })
    await instance.start()
    return instance
  }

  async close(): Promise<void> {
    await this.#pool.close()
    await this.#watchdog.stop()
    this.#home?.close()
  }

  async #launch({ manifest, folder, log }: HostedModule, memoryMb: number): Promise<Launch> {
    const { environment = {}, programs = {} } = this.#options
    const bubblewrap = await this.#bubblewrap()
    const options: LaunchOptions = { manifest, folder, memoryMb, environment, bubblewrap }
    if (languageOf(manifest.entry_points.main) === 'python') return this.#launchPython(manifest, options, log)
    const runtime = await this.#runtime()
    return launchNode(options, { program: programs.node ?? process.execPath, runtime })
  }

  async #launchPython(manifest: Manifest, options: LaunchOptions, log: Log): Promise<Launch> {
    const python = await this.#python()
    if ('missing' in python) {
      throw new ModuleFailure(`${label(manifest)} is in Python, but ${python.missing}.`)
    }
    const confines = options.bubblewrap === undefined && (await this.#confines(manifest, log))
    return launchPython({ ...options, confines }, { ...python, sdk: pythonSdk })
  }

  /** Throws `ModuleFailure` where it must be and cannot; that it is not is logged once. */
  async #confines(manifest: Manifest, log: Log): Promise<boolean> {
    const found = await this.#confinement()
    if (!('missing' in found)) return true
    if (this.#options.mustConfine === true) {
      const what = `${label(manifest)} is in Python, and modules in Python are ${unconfinedDetail(found.missing)}`
      throw new ModuleFailure(`${what}. policy.confined of nexus.yaml refuses that: install bubblewrap.`)
    }
    if (!this.#saidUnconfined) log.warn(`Modules in Python are ${unconfinedDetail(found.missing)}.`)
    this.#saidUnconfined = true
    return false
  }

  async #findConfinement(): ReturnType<typeof findConfinement> {
    if (this.#options.confines === false) return { missing: 'it is turned off' }
    const python = await this.#python()
    return 'missing' in python ? python : findConfinement(python, pythonSdk)
  }

  #openHome(): Home {
    this.#home ??= openHome(this.#options.folder)
    return this.#home
  }
}

/** Does the work at the first call; one that failed is done again. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let outcome: Promise<T> | undefined
  return () => {
    outcome ??= work().catch((error: unknown) => {
      outcome = undefined
      throw error
    })
    return outcome
  }
}
