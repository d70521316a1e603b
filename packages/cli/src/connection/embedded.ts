/**
 * A data directory that is opened in this process, which holds it until it is closed.
 */
import { openNexus, resumable, type Outdated } from '@nexus/nexus'
import {
  forgottenToWire,
  generationToWire,
  moduleToWire,
  receiptToWire,
  runToWire,
  workflowToWire,
} from '@nexus/server'
import { checkFile } from '../commands/documents.ts'
import { optionsHere } from '../commands/options.ts'
import type { Connection, ConnectOptions } from '../connection.ts'

export async function embedded({ warn, ...options }: ConnectOptions): Promise<Connection> {
  const here = optionsHere()
  const folders = [...(options.workflows ?? []), ...(here.workflows ?? [])]
  const nexus = await openNexus({ ...here, ...options, workflows: folders })
  const { runs, workflows, modules } = nexus
  for (const outdated of modules.outdated()) warn?.(outdatedWarning(outdated))
  return {
    server: undefined,
    check: (text, file) => nexus.complete(checkFile(nexus, text, file)),
    run: (workflow, input, how) => nexus.run(workflow, input, how),
    runs: {
      get: (id) => runs.get(id),
      async unfinished() {
        const found = await runs.list({ statuses: resumable, attached: false })
        return found.toReversed().map(runToWire)
      },
      resume: (id) => runs.resume(id),
      retry: (id) => runs.retry(id),
      fork: (id, fork) => runs.fork(id, fork),
      cancel: (id) => runs.cancel(id),
      suspend: (id) => runs.suspend(id),
      signal: (id, event) => runs.signal(id, event),
      remove: async (id) => forgottenToWire(await runs.forget({ ids: [id] })),
      prune: async (what) => forgottenToWire(await runs.forget(what)),
    },
    workflows: {
      deploy: async (workflow) => workflowToWire(await workflows.deploy(workflow)),
      list: async () => workflows.list().map(workflowToWire),
      remove: (key) => workflows.remove(key),
    },
    modules: {
      list: async () => modules.list().map(moduleToWire),
      get: async (id) => moduleToWire(modules.get(id)),
      async load(id) {
        await modules.load(id)
        return moduleToWire(modules.get(id))
      },
      async unload(id) {
        await modules.unload(id)
        return moduleToWire(modules.get(id))
      },
      change: async (change) => receiptToWire(await modules.change(change)),
      activate: async (generation) => receiptToWire(await modules.activate(Number(generation))),
      generations: async () =>
        modules.generations().map((each) => generationToWire(each, modules.generation)),
      receipts: async () => modules.receipts().map(receiptToWire),
      holders: async (id) => modules.holders(modules.get(id).id),
    },
    get inProgress() {
      return runs.inProgress
    },
    idle: () => nexus.idle(),
    close: () => nexus.close(),
  }
}

/** Which source is not what runs, why, and since when; of a fault that has several parts the first line each. */
function outdatedWarning({ id, folder, version, since, problems }: Outdated): string {
  const when = new Date(since).toISOString().slice(0, 19).replace('T', ' ')
  const why = problems.map(
    ({ file, line, column, message }) => `  ${file}:${line}:${column}: ${message.split('\n', 1)[0]}`,
  )
  const what = `What is in ${folder} is not what runs: module "${id}" ${version} does, since ${when} UTC.`
  return `warning: ${what}\n${why.join('\n')}\n`
}
