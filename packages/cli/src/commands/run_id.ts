/**
 * Which run an argument names: by its id, or by as much of its beginning as no other run has.
 */
import { readRuns } from '@nexus/nexus'
import { NexusError } from '@nexus/sdk'
import { dataFolder } from './options.ts'

/** A shorter beginning is none: it would soon be that of many. */
const lengthMin = 6
const wholeLength = 36
const shownMax = 10

/** The whole id; what names no run comes back as it is. Rejects with `NexusError` `run_ambiguous`, which lists them. */
export async function runIdOf(given: string, data: string | undefined): Promise<string> {
  const start = given.toLowerCase()
  if (start.length < lengthMin || start.length >= wholeLength || !/^[0-9a-f-]+$/.test(start)) return given
  const ids = (await idsIn(dataFolder(data))).filter((id) => id.startsWith(start))
  if (ids.length <= 1) return ids[0] ?? given
  const more = ids.length > shownMax ? `\n  and ${ids.length - shownMax} more` : ''
  const list = ids.slice(0, shownMax).map((id) => `\n  ${id}`)
  throw new NexusError(
    'run_ambiguous',
    `${ids.length} runs begin with "${given}". Give more of one of them:${list.join('')}${more}`,
  )
}

/** Newest first; read beside whoever holds the data directory. */
async function idsIn(folder: string): Promise<readonly string[]> {
  const reader = readRuns(folder)
  try {
    return ((await reader?.list()) ?? []).map(({ id }) => id)
  } finally {
    await reader?.close()
  }
}
