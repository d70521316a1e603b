/**
 * A workspace: a folder with a `nexus.yaml`, a `nexus.lock` and modules of its own, each of them optional. Owns what the
 * settings mean for an open Nexus, and which file holds what. It opens nothing.
 */
import {
  formatProblems,
  formatLock,
  readLockFile,
  writeLock,
  type Lock,
  type Problem,
  type Source,
  type WantedModule,
} from '@nexus/kernel'
import { defaultSecrets } from '@nexus/engine'
import { NexusError, type Policy } from '@nexus/sdk'
import { durationMs } from '@nexus/workflow'
import { readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { NexusOptions } from '../nexus.ts'
import { readSettings, type SettingsReading } from './read.ts'
import type { WorkspaceSettings } from './schema.ts'

export interface Workspace {
  readonly folder: string
  /** Its `nexus.yaml`; undefined where there is none. */
  readonly file: string | undefined
  /** As they are written, but for paths, which are whole. */
  readonly settings: WorkspaceSettings
  readonly lock: Lock | undefined
  /** What an open Nexus is given. */
  options(use: WorkspaceUse): Pick<NexusOptions, WorkspaceOption>
  /** Replaces `nexus.lock` as a whole, where that changes anything; says whether it did. */
  writeLock(lock: Lock): boolean
}

type WorkspaceOption =
  | 'modules'
  | 'wishes'
  | 'config'
  | 'trust'
  | 'policy'
  | 'mustConfine'
  | 'retention'
  | 'workflows'
  | 'secrets'
  | 'defaultCatalog'

export interface WorkspaceUse {
  /**
   * Who asks: on a server, loopback, link-local and private addresses are not reached unless the file or
   * `NEXUS_ALLOW_PRIVATE_NETWORK=1` allows them; a person reaches what the person may.
   */
  readonly by: 'server' | 'person'
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Whether the lock holds; `frozen` refuses whatever differs from it. By default it holds. */
  readonly lock?: 'holds' | 'frozen' | 'ignored'
  /** The folder of its own modules, in the place of `modules`. */
  readonly modules?: string
}

/** A larger file is refused unread. */
const bytesMax = 1024 * 1024

/** Throws `NexusError` `bad_workspace` with the place of all that is wrong with `nexus.yaml` or `nexus.lock`. */
export function readWorkspace(folder: string): Workspace {
  const file = join(folder, 'nexus.yaml')
  const lockFile = join(folder, 'nexus.lock')
  const text = textOf(file)
  const { settings, problems, placeOf } = readSettings(text ?? '', file)
  if (settings === undefined) throw badWorkspace(problems)
  const { lock, problems: wrong } =
    text === undefined ? { lock: undefined, problems: [] } : readLockFile(lockFile)
  if (wrong.length > 0) throw badWorkspace(wrong)
  const whole = withWholePaths(settings, folder)
  return {
    folder,
    file: text === undefined ? undefined : file,
    settings: whole,
    lock,
    options: (use) => optionsOf({ folder, settings: whole, written: settings, lock, placeOf }, use),
    writeLock(next) {
      if (lockText(lockFile) === formatLock(next)) return false
      writeLock(lockFile, next)
      return true
    },
  }
}

function badWorkspace(problems: readonly Problem[]): NexusError {
  return new NexusError('bad_workspace', formatProblems(problems))
}

function textOf(file: string): string | undefined {
  try {
    const { size } = statSync(file)
    if (size <= bytesMax) return readFileSync(file, 'utf8')
    throw new NexusError('bad_workspace', `${file}: Expected at most ${bytesMax} bytes, found ${size}.`)
  } catch (error) {
    if (error instanceof NexusError) throw error
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    const why = error instanceof Error ? error.message : String(error)
    throw new NexusError('bad_workspace', `${file} cannot be read: ${why}.`, { cause: error })
  }
}

function lockText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // there is none, or it cannot be read: then it is written anew, or that says why not
  }
}

/** Paths are relative to the file that they stand in. */
function withWholePaths(settings: WorkspaceSettings, folder: string): WorkspaceSettings {
  const { workflows, trust, secrets_dir: secrets, server, engine } = settings
  const whole = (path: string): string => resolve(folder, path)
  const { token_file: token } = server ?? {}
  const { catalog } = engine ?? {}
  return {
    ...settings,
    ...(workflows && { workflows: workflows.map(whole) }),
    ...(trust && { trust: trust.map(whole) }),
    ...(secrets !== undefined && { secrets_dir: whole(secrets) }),
    ...(token !== undefined && { server: { ...server, token_file: whole(token) } }),
    ...(catalog !== undefined && {
      engine: { ...engine, catalog: isAddress(catalog) ? catalog : whole(catalog) },
    }),
  }
}

function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(text)
}

interface Parts extends Pick<SettingsReading, 'placeOf'> {
  readonly folder: string
  readonly settings: WorkspaceSettings
  readonly written: WorkspaceSettings
  readonly lock: Lock | undefined
}

function optionsOf(parts: Parts, use: WorkspaceUse): ReturnType<Workspace['options']> {
  const { settings } = parts
  const { config, trust, workflows, engine, secrets_dir: folder } = settings
  const environment =
    folder === undefined ? use.environment : { NEXUS_SECRETS_DIR: folder, ...use.environment }
  return {
    modules: sourcesOf(parts, use),
    wishes: {
      modules: wantedOf(parts),
      lock: use.lock === 'ignored' ? undefined : parts.lock,
      frozen: use.lock === 'frozen',
    },
    policy: policyOf(settings, use),
    mustConfine: settings.policy?.confined === true,
    retention: Object.fromEntries(
      Object.entries(settings.retention ?? {}).map(([what, kept]) => [what, durationMs(kept)]),
    ),
    secrets: defaultSecrets(environment),
    ...(config && { config: config as NonNullable<NexusOptions['config']> }),
    ...(trust && { trust }),
    ...(workflows && { workflows }),
    ...(engine?.catalog !== undefined && { defaultCatalog: engine.catalog }),
  }
}

/** Its own folder of modules, and nearer than that each module that has a path. */
function sourcesOf({ folder, settings }: Parts, { modules }: WorkspaceUse): readonly Source[] {
  const own = modules ?? join(folder, 'modules')
  const named = Object.entries(settings.modules ?? {}).flatMap(([id, wanted]) =>
    typeof wanted === 'string' || wanted.path === undefined || wanted.enabled === false
      ? []
      : [{ name: wanted.path, folder: resolve(folder, wanted.path), module: id }],
  )
  return [{ name: modules === undefined ? ownName : relative(folder, own) || '.', folder: own }, ...named]
}

const ownName = 'modules'

function wantedOf({ written, placeOf }: Parts): Readonly<Record<string, WantedModule>> {
  return Object.fromEntries(
    Object.entries(written.modules ?? {}).map(([id, wanted]) => {
      const at = placeOf(`/modules/${id}`)
      if (typeof wanted === 'string') return [id, { range: wanted, enabled: true, at }]
      const { version = '*', path, source = path, enabled = true } = wanted
      return [id, { range: version, enabled, at, ...(source !== undefined && { source }) }]
    }),
  )
}

function policyOf({ policy = {} }: WorkspaceSettings, { by, environment }: WorkspaceUse): Policy {
  const { network = {}, programs = {} } = policy
  const allowed = by === 'person' || environment['NEXUS_ALLOW_PRIVATE_NETWORK'] === '1'
  return {
    network: { private: allowed || network.private === true },
    programs: { allow: programs.allow, deny: programs.deny ?? [] },
  }
}
