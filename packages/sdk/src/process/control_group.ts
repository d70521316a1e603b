/**
 * A control group of Linux (version 2) for one program: whatever it starts is in it, in whatever session, with whatever
 * environment and as whatever user, and all of it is killed at once. It needs no rights but to make a folder below the
 * group that this program is in itself: root has them, and so has a service whose group is delegated to it (`Delegate=yes`).
 * Where that is not so there is none, and `descendants.ts` finds most.
 */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Clock } from '../clock.ts'

const prefix = 'nexus-'
/** How long the system may take to be done with processes that were killed. */
const goneMsMax = 200
const lookEveryMs = 5

interface Vector {
  readonly program: string
  readonly calledAs?: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

const entering = 'nexus-exec'

/** The system's error where a shell that entered a group could not become the program, as where nothing is in between. */
export function entryError(program: string, code: number, stderr: string): Error | undefined {
  if ((code !== 126 && code !== 127) || !stderr.startsWith(`${entering}: `)) return undefined
  const word = code === 127 ? 'ENOENT' : 'EACCES'
  const error = new Error(`spawn ${program} ${word}`)
  return Object.assign(error, { code: word, syscall: `spawn ${program}`, path: program })
}

export class ControlGroup {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Undefined where there is no such thing here. */
  static open(name: string): ControlGroup | undefined {
    const base = controlGroupsFolder()
    if (base === undefined) return undefined
    const folder = join(base, prefix + name)
    try {
      mkdirSync(folder)
      return new ControlGroup(folder)
    } catch {
      return undefined
    }
  }

  /**
   * The program as one that enters the group before it begins: a shell goes in and becomes the program. Whoever put a
   * process in after its start might come too late. Undefined where the program has to be told another name than its
   * own, which no shell of POSIX can.
   */
  around({ program, arguments: list, calledAs, environment }: Vector): Omit<Vector, 'calledAs'> | undefined {
    if (calledAs !== undefined && basename(calledAs) !== basename(program)) return undefined
    // A shell would give its own to what it becomes.
    const own = ['PWD', 'OLDPWD', 'SHLVL'].map((name) => ({ name, value: environment[name] }))
    const given = own.flatMap(({ value }) => (value === undefined ? [] : [value]))
    const restoring = own.map(({ name, value }) =>
      value === undefined ? `unset ${name}; ` : `${name}="$1"; export ${name}; shift; `,
    )
    const script = `{ echo $$ >"$1"; } 2>/dev/null; shift; ${restoring.join('')}exec "$@"`
    const file = join(this.#folder, 'cgroup.procs')
    const vector = ['-c', script, entering, file, ...given, program, ...list]
    return { program: '/bin/sh', arguments: vector, environment }
  }

  /** Kills all that is in it, and removes it. */
  async end(clock: Clock): Promise<void> {
    if (this.#isRemoved()) return
    try {
      writeFileSync(join(this.#folder, 'cgroup.kill'), '1')
    } catch {
      // Somebody else has removed it meanwhile.
    }
    for (let waitedMs = 0; !this.#isRemoved() && waitedMs < goneMsMax; waitedMs += lookEveryMs)
      await clock.sleep(lookEveryMs)
  }

  #isRemoved(): boolean {
    try {
      rmdirSync(this.#folder)
      return true
    } catch {
      return !existsSync(this.#folder)
    }
  }
}

let known: { readonly folder: string | undefined } | undefined

/** The folder in which groups can be made; undefined where none can. It does not change while a program runs. */
export function controlGroupsFolder(): string | undefined {
  known ??= { folder: process.platform === 'linux' ? findFolder() : undefined }
  return known.folder
}

function findFolder(): string | undefined {
  try {
    const mount = mountOf(readFileSync('/proc/self/mountinfo', 'utf8'))
    const [, own] = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8')) ?? []
    if (mount === undefined || own === undefined) return undefined
    const folder = join(mount, own)
    accessSync(folder, constants.W_OK)
    return canKill(folder) ? folder : undefined
  } catch {
    return undefined
  }
}

/** Where it is mounted: the fifth word of the line whose kind of file system, after a dash, is cgroup2. */
function mountOf(mounts: string): string | undefined {
  const line = mounts.split('\n').find((each) => / - cgroup2 /.test(each))
  return line?.split(' ')[4]
}

/** Tried out: older systems have no `cgroup.kill`, and some let nobody make a group. */
function canKill(folder: string): boolean {
  const trial = join(folder, `${prefix}trial-${process.pid}`)
  mkdirSync(trial)
  try {
    accessSync(join(trial, 'cgroup.kill'), constants.W_OK)
    accessSync(join(folder, 'cgroup.procs'), constants.W_OK)
    return true
  } finally {
    rmdirSync(trial)
  }
}
