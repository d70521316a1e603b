/**
 * A Nexus in a scratch folder, for commands that run nothing: they work beside a process that holds the data directory.
 */
import { openNexus, type Nexus, type NexusOptions } from '@nexus/nexus'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { optionsHere } from './options.ts'

export async function withScratchNexus(
  options: Omit<NexusOptions, 'data'>,
  work: (nexus: Nexus) => void | Promise<void>,
): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'nexus-scratch-'))
  try {
    const here = optionsHere()
    const workflows = [...(options.workflows ?? []), ...(here.workflows ?? [])]
    const nexus = await openNexus({ ...here, ...options, workflows, data: scratch })
    try {
      await work(nexus)
    } finally {
      await nexus.close()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}
