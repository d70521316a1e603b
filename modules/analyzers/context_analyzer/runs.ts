/** Earlier runs of goals that are like this one, by the words that they share. Pure but for the one question that it asks. */
import { isJsonObject, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'
import { clip } from './clip.ts'

const askedMax = 100
const toldMax = 5
const similarityMin = 0.25
const wordsMax = 200

const common = new Set(
  'a an and all as at by for from in into is it its of on or per the then to with'.split(' '),
)

export async function runsLike(goal: string, context: ModuleContext): Promise<Json[]> {
  if (goal.trim() === '') return []
  const answer = await context.call('task_manager.runs', { limit: askedMax, goals: true })
  const runs = isJsonObject(answer) && Array.isArray(answer['runs']) ? (answer['runs'] as Json[]) : []
  const wanted = wordsIn(goal)
  return runs
    .filter(isJsonObject)
    .filter(({ id, goal: other }) => id !== context.run.id && typeof other === 'string')
    .map((run) => ({ run, similarity: similarityOf(wanted, wordsIn(textOf(run['goal']))) }))
    .filter(({ similarity }) => similarity >= similarityMin)
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, toldMax)
    .map(({ run, similarity }) => told(run, similarity))
}

function told({ id, goal, status, started_at, ended_at }: JsonObject, similarity: number): JsonObject {
  return {
    id: id ?? null,
    goal: clip(textOf(goal)),
    status: status ?? null,
    started_at: started_at ?? null,
    ended_at: ended_at ?? null,
    similarity: Math.round(similarity * 100) / 100,
  }
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function wordsIn(text: string): Set<string> {
  const words =
    text
      .slice(0, 10_000)
      .toLowerCase()
      .match(/[\p{L}\p{N}_.]+/gu) ?? []
  return new Set(words.filter((word) => !common.has(word)).slice(0, wordsMax))
}

/** Jaccard: what both have, of what either has. */
function similarityOf(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const either = one.union(other).size
  return either === 0 ? 0 : one.intersection(other).size / either
}
