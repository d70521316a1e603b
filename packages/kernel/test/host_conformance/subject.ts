/** What the parts of the hosts' suite test: a host with a module in it. */
import type { Host, HostedModule, Instance } from '@nexus/kernel'
import { openPolicy, systemClock, type Json, type JsonObject, type Manifest } from '@nexus/sdk'
import { onTestFinished } from 'vitest'
import { digestOf } from '../../src/artifact.ts'
import type { Dialect } from '../dialects/dialect.ts'
import { logInto, makeWorld, task } from '../world.ts'

export interface ConformanceOptions {
  readonly dialect: Dialect
  /** A module that does not stop is ended with all that it has; in process, nothing can. */
  readonly endsModules: boolean
  /** Why the host cannot be tested here. */
  readonly skip?: string
}

export interface Setting {
  /** The module's source. */
  readonly code: string
  readonly manifest?: Partial<Manifest>
  readonly hosted?: Partial<HostedModule>
}

export interface Subject extends ConformanceOptions {
  readonly setUp: (setting: Setting) => { logged: string[]; start: () => Promise<Instance> }
  /** Starts a module, does one task, stops it. */
  readonly run: (setting: Setting, input?: Json) => Promise<unknown>
}

export function makeSubject(makeHost: () => Host, options: ConformanceOptions): Subject {
  const setUp: Subject['setUp'] = (setting) => {
    const { folder } = makeWorld()
    const logged: string[] = []
    const hosted = makeHosted(setting, options.dialect, folder, logged)
    const host = makeHost()
    onTestFinished(() => host.close?.())
    return { logged, start: () => host.start(hosted) }
  }
  const run: Subject['run'] = async (setting, input = null) => {
    const instance = await setUp(setting).start()
    try {
      return await instance.execute(task(input))
    } finally {
      await instance.stop()
    }
  }
  return { ...options, setUp, run }
}

function makeHosted(
  { code: source, manifest, hosted }: Setting,
  dialect: Dialect,
  folder: string,
  logged: string[],
): HostedModule {
  const config: JsonObject = {}
  const code = dialect.pack(source)
  return {
    manifest: {
      id: 'subject',
      version: '1.2.3',
      type: 'executor',
      name: 'Subject',
      description: 'What the suite starts.',
      entry_points: { main: dialect.main },
      ...manifest,
    },
    artifact: { digest: digestOf(code), code },
    config,
    folder,
    clock: systemClock,
    log: logInto(logged),
    secrets: { get: async (name) => Promise.reject(new Error(`no secret ${name}`)) },
    policy: openPolicy,
    deadlines: { setupMsMax: 1000, teardownMsMax: 1000 },
    ...hosted,
  }
}
