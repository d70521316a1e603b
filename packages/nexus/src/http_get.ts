/**
 * Gets what documents name by http and https through the module that does `http` calls, so that authentication,
 * redirects and limits are those of any call.
 */
import type { Capability, InvocationContext } from '@nexus/engine'
import { NexusError, TaskFault, type Clock, type Json } from '@nexus/sdk'
import type { FetchOptions, HttpGet } from './resources/fetcher.ts'

/** `find`: the module that does `http` calls at the moment. Rejects with a `TaskFault` for every status but success. */
export function httpGetBy(find: () => Capability | undefined, clock: Clock): HttpGet {
  return async (uri, options) => {
    const capability = find()
    if (!capability) throw new NexusError('no_http', 'No module does `http` calls. Try: nexus modules list')
    const { success, outputData, error } = await capability.invoke(contextFor(uri, options, clock))
    if (!success) throw error ? new TaskFault(error) : TaskFault.of('communication', 'no answer')
    if (typeof outputData !== 'string') throw TaskFault.of('communication', 'the answer has no bytes')
    return Buffer.from(outputData, 'base64')
  }
}

function contextFor(uri: URL, { authentication, signal }: FetchOptions, clock: Clock): InvocationContext {
  const endpoint: Json = authentication === undefined ? uri.href : { uri: uri.href, authentication }
  return {
    taskId: '/resources',
    inputData: { method: 'get', endpoint, output: 'raw', redirect: true },
    metadata: {
      name: 'resource',
      kind: 'http',
      reference: '',
      attempt: 1,
      workflow: { namespace: 'nexus', name: 'resources', version: '1.0.0' },
      labels: {},
    },
    parentContext: undefined,
    run: {
      id: '',
      input: null,
      task: refused,
      list: refused,
      sleep: refused,
      keep: refused,
      recall: refused,
      evaluate: refused,
    },
    call: refused,
    stream: () => {},
    blobs: { write: refused, read: refusedRead },
    signal,
    clock,
    idempotencyKey: uri.href,
  }
}

function refused(): Promise<never> {
  return Promise.reject(TaskFault.of('configuration', 'No run stands behind the fetching of a resource.'))
}

// oxlint-disable-next-line require-yield -- it never has a piece to give
async function* refusedRead(): AsyncGenerator<Uint8Array> {
  await refused()
}
