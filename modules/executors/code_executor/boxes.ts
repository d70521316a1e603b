/**
 * Which box runs which language on this machine. Each is made when a script first needs it, and tried out before any
 * script runs in it; a language without a box that holds is refused with the reasons, and never run unboxed.
 */
import { TaskFault, type JsonObject } from '@nexus/sdk'
import { findPyodide, pyodideBox } from './boxes/pyodide.ts'
import { findSystemPython, pythonBox } from './boxes/python.ts'
import { quickjsBox } from './boxes/quickjs.ts'
import { v8Box } from './boxes/v8.ts'
import type { Language, Sandbox } from './sandbox.ts'
import { selfTest } from './self_test.ts'
import { readConcurrency, readFolder, readLimits, type BoxSettings, type Host } from './settings.ts'
import { findBubblewrap } from './worker/launch.ts'

export const profiles = ['quickjs', 'v8'] as const
export type Profile = (typeof profiles)[number]
type BoxName = Profile | 'python' | 'pyodide'

/** How a box stands on this machine, for `nexus doctor`. */
export interface BoxReport extends JsonObject {
  readonly language: Language
  readonly name: string
  readonly layers: string[]
  readonly available: boolean
  /** Why it is not available; else what would make it stronger, or nothing. */
  readonly reason: string
}

export interface Boxes {
  /** Rejects with a configuration fault where this machine has no box for the language that holds. */
  of(language: Language, profile?: Profile): Promise<Sandbox>
  doctor(): Promise<BoxReport[]>
  stop(): Promise<void>
}

interface Tried {
  readonly sandbox?: Sandbox
  readonly reason: string
}

export function makeBoxes(host: Host, config: JsonObject): Boxes {
  const tried = new Map<BoxName, Promise<Tried>>()
  const made = new Set<Sandbox>()
  const settings = readSettings(host, config)
  const attempt = async (name: BoxName): Promise<Tried> => {
    const box = await make(name, await settings())
    if ('reason' in box) return box
    made.add(box)
    const reason = await selfTest(box, (await settings()).limits)
    if (reason === undefined) return { sandbox: box, reason: '' }
    made.delete(box)
    await box.stop()
    return { reason }
  }
  /** What failed is tried again when it is next wanted: it may have been the moment. */
  const tryBox = (name: BoxName): Promise<Tried> => {
    const known = tried.get(name)
    if (known) return known
    const trying = attempt(name)
    tried.set(name, trying)
    void trying.then(({ sandbox }) => sandbox ?? tried.delete(name)).catch(() => tried.delete(name))
    return trying
  }
  return {
    async of(language, profile) {
      const reasons: string[] = []
      for (const name of candidates(language, config, profile)) {
        const { sandbox, reason } = await tryBox(name)
        if (sandbox) return sandbox
        reasons.push(reason)
      }
      throw TaskFault.of(
        'configuration',
        `Nothing here contains scripts in ${language}: ${reasons.join('; ')}.`,
      )
    },
    doctor: () => examine(tryBox, config, settings),
    async stop() {
      await Promise.allSettled(tried.values())
      await Promise.all([...made].map((box) => box.stop()))
    },
  }
}

/** The boxes that may run a language, the preferred one first. */
function candidates(language: Language, config: JsonObject, profile?: Profile): BoxName[] {
  if (language === 'javascript') return [profile ?? (config['profile'] === 'v8' ? 'v8' : 'quickjs')]
  const { python = 'auto' } = config
  if (python === 'system') return ['python']
  return python === 'pyodide' ? ['pyodide'] : ['python', 'pyodide']
}

async function make(name: BoxName, settings: BoxSettings): Promise<Sandbox | Tried> {
  if (name === 'quickjs') return quickjsBox(settings)
  if (name === 'v8') {
    if (settings.bubblewrap !== undefined) return v8Box(settings, settings.bubblewrap)
    return { reason: `profile v8 needs an OS sandbox, and ${settings.bubblewrapMissing}` }
  }
  if (name === 'python') {
    const found = await findSystemPython()
    return 'missing' in found ? { reason: found.missing } : pythonBox(settings, found)
  }
  const folder = await findPyodide(settings.pyodideFolder)
  return folder === undefined
    ? { reason: 'the npm package pyodide is not installed: npm install pyodide' }
    : pyodideBox(settings, folder)
}

/** Read, and bubblewrap looked for, once, when a box is first made. */
function readSettings(host: Host, config: JsonObject): () => Promise<BoxSettings> {
  const read = async (): Promise<BoxSettings> => {
    const found =
      config['bubblewrap'] === 'never' ? { missing: 'bubblewrap is turned off' } : await findBubblewrap()
    const pyodideFolder = config['pyodide_folder']
    return {
      host,
      bubblewrap: 'program' in found ? found.program : undefined,
      bubblewrapMissing: 'missing' in found ? found.missing : '',
      nodePackages: readFolder(config['node_packages'], 'node_packages'),
      pythonPackages: readFolder(config['python_packages'], 'python_packages'),
      pyodideFolder: typeof pyodideFolder === 'string' ? pyodideFolder : '',
      concurrency: readConcurrency(config),
      limits: readLimits(config),
    }
  }
  let settings: Promise<BoxSettings> | undefined
  return () => (settings ??= read())
}

const languages = { quickjs: 'javascript', v8: 'javascript', python: 'python', pyodide: 'python' } as const

async function examine(
  tryBox: (name: BoxName) => Promise<Tried>,
  config: JsonObject,
  settings: () => Promise<BoxSettings>,
): Promise<BoxReport[]> {
  const { bubblewrapMissing } = await settings()
  const reports: BoxReport[] = []
  for (const name of ['quickjs', 'v8', 'python', 'pyodide'] as const) {
    const isSpare =
      name === 'pyodide' && reports.some((one) => one.name.startsWith('python') && one.available)
    const isExcluded = languages[name] === 'python' && !candidates('python', config).includes(name)
    const { sandbox, reason }: Tried =
      isSpare || isExcluded ? { reason: 'not in use: another box runs Python' } : await tryBox(name)
    const advice = bubblewrapMissing === '' ? '' : `would be stronger: ${bubblewrapMissing}`
    reports.push({
      language: languages[name],
      name: sandbox?.name ?? name,
      layers: [...(sandbox?.layers ?? [])],
      available: sandbox !== undefined,
      reason: sandbox ? advice : reason,
    })
  }
  return reports
}
