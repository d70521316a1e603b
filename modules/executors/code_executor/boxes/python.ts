/**
 * Python on Linux: the system's interpreter as a zygote, a process that has loaded what scripts need and forks a child
 * for each. The child locks itself in with Landlock, seccomp and resource limits before the script's first line, and is
 * no root however Nexus was started. Where bubblewrap is there, the zygote itself lives in a world without the machine.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { isJsonObject } from '@nexus/sdk'
import { underBubblewrap, withLimits, type Launch } from '../worker/launch.ts'
import { workerBox } from '../worker/box.ts'
import { Worker, type WorkerProgram } from '../worker/worker.ts'
import type { Sandbox } from '../sandbox.ts'
import type { BoxSettings } from '../settings.ts'
import { pythonZygote } from './python/zygote.ts'

export interface SystemPython {
  readonly program: string
  readonly version: string
  /** Where its standard library is. */
  readonly folders: readonly string[]
}

export function pythonBox(settings: BoxSettings, python: SystemPython): Sandbox {
  const { host, bubblewrap } = settings
  const flags = ['-I', '-S', '-B', '-X', 'utf8', '-c', pythonZygote]
  const packages = settings.pythonPackages === '' ? [] : [settings.pythonPackages]
  const zygoteIn = (base: string): Launch => ({
    program: python.program,
    arguments: [...flags, base, ...packages],
  })
  return workerBox({
    name: `python ${python.version}`,
    language: 'python',
    layers: [
      'landlock',
      'seccomp',
      'no_new_privileges',
      'resource_limits',
      'unprivileged_user',
      ...(bubblewrap === undefined ? [] : ['bubblewrap']),
    ],
    countsThreads: true,
    clock: host.clock,
    concurrency: settings.concurrency,
    async start() {
      const readable = [python.program, ...python.folders, ...packages, ...(await host.network.folder())]
      const folders = [[inside, settings.limits.scratchBytes + slackBytes]] as const
      const program =
        bubblewrap === undefined
          ? await inFolder(zygoteIn)
          : { ...underBubblewrap(bubblewrap, { readable, folders }, zygoteIn(`${inside}/base`)) }
      const launch = withLimits(program, {})
      return Worker.start(
        { ...program, ...launch, canStop: true, isSingleUse: false },
        host.clock,
        host.watchdog,
      )
    },
    grant: (script) => host.network.grant(script.network),
  })
}

/** The name of the scratch folders' folder under bubblewrap, and room for what a file system needs of its own. */
const inside = '/scratch'
const slackBytes = 4_194_304

/** Without bubblewrap: a folder of the machine, which is gone when the zygote is. */
async function inFolder(
  launchIn: (base: string) => Launch,
): Promise<Launch & Pick<WorkerProgram, 'release'>> {
  const base = await mkdtemp(join(await realpath(tmpdir()), 'nexus-python-'))
  return { ...launchIn(base), release: () => rm(base, { recursive: true, force: true, maxRetries: 3 }) }
}

const oldestPython = [3, 9] as const
const probeMsMax = 10_000
const probe = `
import json, os, sys
print(json.dumps({"program": os.path.realpath(sys.executable), "version": list(sys.version_info[:2]),
                  "folders": [path for path in sys.path if path and os.path.exists(path)]}))
`

/** The system's Python where it has one that is new enough; else why not. */
export async function findSystemPython(): Promise<SystemPython | { readonly missing: string }> {
  if (process.platform !== 'linux') return { missing: 'the system’s Python can be contained on Linux alone' }
  try {
    const { stdout } = await promisify(execFile)('python3', ['-I', '-S', '-B', '-c', probe], {
      timeout: probeMsMax,
    })
    return readPython(JSON.parse(stdout))
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : ''
    return { missing: `python3 does not run here (${reason})` }
  }
}

function readPython(found: unknown): SystemPython | { readonly missing: string } {
  if (!isJsonObject(found)) return { missing: 'python3 does not say what it is' }
  const { program, version, folders } = found
  if (typeof program !== 'string' || !Array.isArray(version) || !Array.isArray(folders))
    return { missing: 'python3 does not say what it is' }
  const [major, minor] = version.map(Number)
  const isNewEnough =
    (major ?? 0) > oldestPython[0] || (major === oldestPython[0] && (minor ?? 0) >= oldestPython[1])
  if (!isNewEnough) return { missing: `${program} is Python ${version.join('.')}, and 3.9 is needed` }
  return { program, version: version.join('.'), folders: folders.filter((path) => typeof path === 'string') }
}
