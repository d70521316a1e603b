/**
 * `nexus modules lock|update`: writes down anew what the modules of a `nexus.yaml` come to.
 */
import type { Lock } from '@nexus/nexus'
import { NexusError } from '@nexus/sdk'
import type { Command } from 'commander'
import type { Shell } from '../main.ts'
import { workspaceHere } from './options.ts'
import { withScratchNexus } from './scratch.ts'

/** `modules`: the command that it belongs to. */
export function addLockCommand(modules: Command, shell: Shell): void {
  modules
    .command('lock [id...]')
    .alias('update')
    .description('write nexus.lock anew from what the folders have (with ids: for these modules alone)')
    .action((ids: string[]) => lock(ids, shell))
}

async function lock(ids: readonly string[], { io }: Shell): Promise<void> {
  const workspace = workspaceHere()
  if (workspace.file === undefined) {
    const next = 'Write one that names the modules that are wanted, such as: modules: {http: "^1.0.0"}'
    throw new NexusError('no_workspace', `There is no nexus.yaml in ${workspace.folder}. ${next}`)
  }
  const here = workspace.options({ by: 'person', environment: process.env, lock: 'ignored' })
  await withScratchNexus(here, (nexus) => {
    const found = nexus.modules.lock()
    const unknown = ids.filter((id) => !found.modules.has(id))
    if (unknown.length > 0) {
      const known = [...found.modules.keys()].join(', ') || 'none'
      const message = `nexus.yaml asks for no module ${unknown.map((id) => `"${id}"`).join(', ')}. It comes to: ${known}.`
      throw new NexusError('module_not_found', message)
    }
    const next = ids.length === 0 ? found : withOld(found, workspace.lock, ids)
    const changed = workspace.writeLock(next)
    for (const line of changesBetween(workspace.lock, next)) io.out(`${line}\n`)
    io.out(changed ? 'Wrote nexus.lock.\n' : 'nexus.lock holds as it is.\n')
  })
}

/** What is found of these modules; the others stay as they were locked. */
function withOld(found: Lock, before: Lock | undefined, ids: readonly string[]): Lock {
  const modules = [...found.modules].map(([id, module]) => {
    return [id, ids.includes(id) ? module : (before?.modules.get(id) ?? module)] as const
  })
  return { modules: new Map(modules) }
}

function changesBetween(before: Lock | undefined, after: Lock): readonly string[] {
  const ids = [...new Set([...(before?.modules.keys() ?? []), ...after.modules.keys()])].toSorted()
  return ids.flatMap((id) => {
    const [from, to] = [before?.modules.get(id), after.modules.get(id)]
    if (from?.version === to?.version && from?.digest === to?.digest) return []
    const same = from?.version === to?.version ? ' (other contents)' : ''
    return [`  ${id} ${from?.version ?? 'new'} → ${to?.version ?? 'gone'}${same}`]
  })
}
