/**
 * A server that is up on the data directory. Documents are checked here first, with the modules that are there, since the
 * server does not see the files of whoever sends them; what they name beside them goes along as text.
 */
import { Client, operations, ProblemError, type BodyOf, type LifecycleEvent } from '@nexus/api'
import { resumable, type CheckedWorkflow, type CloudEvent, type Forgetting } from '@nexus/nexus'
import { NexusError, systemClock } from '@nexus/sdk'
import { checkFile } from '../commands/documents.ts'
import { DocumentRefused, refuseInvalid } from '../commands/refusal.ts'
import { withScratchNexus } from '../commands/scratch.ts'
import type { Connection, ConnectOptions, Following } from '../connection.ts'
import { taskEvents } from './remote_events.ts'
import type { FoundServer } from './server_file.ts'

export function remote({ url, token }: FoundServer, { workflows = [] }: ConnectOptions): Connection {
  const client = new Client({ url, clock: systemClock, ...(token !== undefined && { token }) })
  return {
    server: url,
    check: async (text, file) => checkHere(text, file, { workflows, elsewhere: await providedBy(client) }),
    async run(workflow, input, options = {}) {
      const body = { ...textsOf(workflow), input, ...options }
      const { id } = await client.call(operations.runs.start, { body }).catch(explain)
      return following(client, id)
    },
    runs: runsOf(client),
    workflows: workflowsOf(client),
    modules: modulesOf(client),
    inProgress: 0,
    idle: async () => {},
    close: async () => {},
  }
}

function runsOf(client: Client): Connection['runs'] {
  const { runs } = operations
  const lastEventOf = async (id: string): Promise<string | undefined> =>
    (await client.call(runs.get, { params: { id } })).events.at(-1)?.id
  return {
    get: (id) => client.call(runs.get, { params: { id } }),
    async unfinished() {
      const { runs: found } = await client.call(runs.list, { query: { status: resumable } })
      return found.toReversed()
    },
    async resume(id) {
      const after = await lastEventOf(id)
      await client.call(runs.resume, { params: { id } })
      return following(client, id, after)
    },
    async retry(id) {
      const after = await lastEventOf(id)
      await client.call(runs.retry, { params: { id } })
      return following(client, id, after)
    },
    async fork(id, { path, workflow, input }) {
      const changes = { ...(workflow && textsOf(workflow)), ...(input !== undefined && { input }) }
      const asked = { params: { id }, body: { path, ...changes } }
      return following(client, (await client.call(runs.fork, asked).catch(explain)).id)
    },
    cancel: async (id) => void (await client.call(runs.cancel, { params: { id } })),
    suspend: async (id) => void (await client.call(runs.suspend, { params: { id } })),
    remove: (id) => client.call(runs.remove, { params: { id } }),
    prune: (what) => client.call(runs.prune, { body: forgettingToWire(what) }),
    signal: async (id, body) => (await client.call(runs.signal, { params: { id }, body })) as CloudEvent,
  }
}

function forgettingToWire({
  endedBefore = {},
  acceptedBefore,
  dryRun = false,
}: Omit<Forgetting, 'ids' | 'texts'>): BodyOf<typeof operations.runs.prune> {
  const iso = (ms: number): string => new Date(ms).toISOString()
  const ended = Object.entries(endedBefore).map(([status, before]) => [status, iso(before)])
  return {
    ended_before: Object.fromEntries(ended) as Record<string, string>,
    ...(acceptedBefore !== undefined && { accepted_before: iso(acceptedBefore) }),
    dry_run: dryRun,
  }
}

function workflowsOf(client: Client): Connection['workflows'] {
  const { workflows } = operations
  return {
    deploy: (workflow) => client.call(workflows.deploy, { body: textsOf(workflow) }).catch(explain),
    list: async () => (await client.call(workflows.list)).workflows,
    async remove(key) {
      await client.call(workflows.remove, { params: nameOf(key) })
    },
  }
}

function modulesOf(client: Client): Connection['modules'] {
  const { modules } = operations
  const ask = (each: typeof modules.get, id: string) => client.call(each, { params: { id } }).catch(explain)
  return {
    list: async () => (await client.call(modules.list)).modules,
    get: (id) => ask(modules.get, id),
    load: (id) => ask(modules.load, id),
    unload: (id) => ask(modules.unload, id),
    change: (body) => client.call(modules.swap, { body }).catch(explain),
    activate: (number) => client.call(modules.activate, { params: { number } }).catch(explain),
    generations: async () => (await client.call(modules.generations)).generations,
    receipts: async () => (await client.call(modules.receipts)).receipts,
    holders: async (id) => (await client.call(modules.holders, { params: { id } }).catch(explain)).holders,
  }
}

/** The parts of `namespace/name:version`. One that is no key names no workflow, and the server says so. */
function nameOf(key: string): { namespace: string; name: string; version: string } {
  const [, namespace = '-', name = key, version = '-'] = /^([^/]+)\/([^:]+):(.+)$/.exec(key) ?? []
  return { namespace, name, version }
}

async function providedBy(client: Client): Promise<readonly string[]> {
  const { modules } = await client.call(operations.modules.list).catch(explain)
  return modules.flatMap(({ provides }) => provides.map(({ task }) => task))
}

async function checkHere(
  text: string,
  file: string,
  options: { readonly workflows: readonly string[]; readonly elsewhere: readonly string[] },
): Promise<CheckedWorkflow> {
  const checked = Promise.withResolvers<CheckedWorkflow>()
  await withScratchNexus({ ...options, lazy: true }, async (nexus) => {
    checked.resolve(await nexus.complete(checkFile(nexus, text, file)))
  })
  return checked.promise
}

interface Texts {
  readonly workflow_text: string
  readonly workflows: readonly string[]
}

/** Throws `NexusError` `invalid_workflow`. */
function textsOf(workflow: CheckedWorkflow): Texts {
  refuseInvalid(workflow)
  return { workflow_text: workflow.text, workflows: Object.values(workflow.workflows) }
}

/** What is wrong with a document only where the server is: a module that it lacks, for example. */
function explain(error: unknown): never {
  if (!(error instanceof ProblemError)) throw error
  const { problems = [] } = error.problem
  if (problems.length === 0) throw error
  const lines = problems.map(({ start, message }) => `  ${start.line}:${start.column} ${message}`)
  const message = `The server does not take the document:\n${lines.join('\n')}`
  throw new DocumentRefused(message, { file: undefined, problems, cause: error })
}

/** Hears of a run from the event after `after`, from the first where there is none. */
/** The server ended while its run was looked at: nothing of the run is lost. */
function goneUnder(id: string, error: unknown): never {
  if (!(error instanceof NexusError) || error.code !== 'server_unreachable') throw error
  const next = `Run ${id} goes on when a server is up on its data again, and is there to be seen: nexus runs show ${id}`
  throw new NexusError(error.code, `${error.message}. ${next}`, { cause: error })
}

function following(client: Client, id: string, after?: string): Following {
  const listeners = new Set<Parameters<Following['listen']>[0]>()
  const tell = (event: LifecycleEvent): void => {
    for (const told of taskEvents(event)) for (const listener of listeners) listener(told)
  }
  const read = async (): Promise<void> => {
    for await (const event of client.follow(id, after === undefined ? {} : { after })) tell(event)
  }
  const cancelled = Promise.withResolvers<void>()
  const ended = Promise.race([read().catch((error: unknown) => goneUnder(id, error)), cancelled.promise])
  ended.catch(() => {}) // whoever waits for it is told
  const cancel = async (): Promise<void> =>
    void (await client.call(operations.runs.cancel, { params: { id } }))
  return {
    id,
    ended,
    cancel: () => void cancel().catch((error: unknown) => cancelled.reject(error)),
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
