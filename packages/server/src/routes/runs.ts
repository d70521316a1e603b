/**
 * Runs: begun, shown, followed, and told what to do.
 */
import { operations, type RunSummary } from '@nexus/api'
import type { LiveRun } from '@nexus/nexus'
import type { Clock } from '@nexus/sdk'
import { bind, bindRaw, type Surface } from '../surface.ts'
import { forgottenToWire, runToWire } from '../wire.ts'
import { startRun } from './start_run.ts'
import { completeText } from './workflows.ts'

const { runs } = operations

export function addRunRoutes(surface: Surface): void {
  const { nexus } = surface
  bind(surface, runs.start, async ({ body }, { reply }) => {
    const { id, begun } = await startRun(nexus, body)
    void reply.header('location', `/runs/${id}`)
    if (!begun) void reply.code(200)
    return summaryOf(surface, id)
  })
  bind(surface, runs.list, async ({ query: { status, all, parent, limit } }) => {
    const found = await nexus.runs.list({
      ...(status && { statuses: status }),
      ...(parent !== undefined && { parent }),
      ...(all !== true && parent === undefined && { attached: false }),
      ...(limit !== undefined && { limit }),
    })
    return { runs: found.map(runToWire) }
  })
  bind(surface, runs.get, async ({ params: { id }, query: { wait = 0 } }, { signal }) => {
    const live = nexus.runs.live(id)
    if (live && wait > 0) await endOf(live, wait * 1_000, surface.clock, signal)
    return nexus.runs.get(id)
  })
  addFollowRoute(surface)
  addVerbRoutes(surface)
  addForgettingRoutes(surface)
}

/** Waits for the end of a run; not longer than that, and not when nobody listens any more. */
async function endOf(live: LiveRun, waitMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const waited = new AbortController()
  const late = clock.sleep(waitMs, AbortSignal.any([signal, waited.signal]))
  await Promise.race([settled(live.ended), settled(late)])
  waited.abort()
}

async function settled(promise: Promise<unknown>): Promise<void> {
  await Promise.allSettled([promise])
}

function addFollowRoute(surface: Surface): void {
  const { nexus, streams } = surface
  bindRaw(surface, runs.events, async ({ params: { id } }, { request, reply, signal }) => {
    const after = request.headers['last-event-id']
    const { ended_at: endedAt, events } = await nexus.runs.get(id)
    const isRead = endedAt !== null && after !== undefined && events.at(-1)?.id === after
    if (isRead) return reply.code(204).send()
    const options = { signal, ...(typeof after === 'string' && { after }) }
    return streams.send(reply, nexus.runs.follow(id, options))
  })
}

function addVerbRoutes(surface: Surface): void {
  const { nexus } = surface
  bind(surface, runs.cancel, async ({ params: { id } }) => {
    await nexus.runs.cancel(id)
    return summaryOf(surface, id)
  })
  bind(surface, runs.suspend, async ({ params: { id } }) => {
    await nexus.runs.suspend(id)
    return summaryOf(surface, id)
  })
  bind(surface, runs.resume, async ({ params }) => {
    const { id } = await nexus.runs.resume(params.id)
    const summary = await summaryOf(surface, id)
    return summary.started_at === null ? summary : { ...summary, status: 'running' as const }
  })
  bind(surface, runs.retry, async ({ params }) => {
    const { id } = await nexus.runs.retry(params.id)
    return summaryOf(surface, id)
  })
  bind(surface, runs.fork, async ({ params, body }) => {
    const { path, workflow_text: text, workflows, input } = body
    const workflow = text === undefined ? undefined : await completeText(nexus, text, workflows)
    const changes = { ...(workflow && { workflow }), ...(input !== undefined && { input }) }
    const { id } = await nexus.runs.fork(params.id, { path, ...changes })
    return summaryOf(surface, id)
  })
  bind(surface, runs.signal, ({ params, body }) => nexus.runs.signal(params.id, body))
}

function addForgettingRoutes(surface: Surface): void {
  const { nexus } = surface
  bind(surface, runs.remove, async ({ params: { id } }) =>
    forgottenToWire(await nexus.runs.forget({ ids: [id] })),
  )
  bind(
    surface,
    runs.prune,
    async ({ body: { ended_before: ended = {}, accepted_before: accepted, dry_run } }) => {
      const endedBefore = Object.fromEntries(
        Object.entries(ended).map(([status, moment]) => [status, Date.parse(moment)]),
      )
      const what = { endedBefore, ...(accepted !== undefined && { acceptedBefore: Date.parse(accepted) }) }
      return forgottenToWire(await nexus.runs.forget({ ...what, dryRun: dry_run === true }))
    },
  )
}

async function summaryOf({ nexus }: Surface, id: string): Promise<RunSummary> {
  return runToWire(await nexus.runs.summary(id))
}
