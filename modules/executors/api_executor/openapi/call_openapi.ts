/**
 * `call: openapi`: the arguments of the task and the document that they name, made into a call like any other. It sends
 * nothing but the request for the document, and that once: see `description_cache.ts`.
 */
import { hash } from 'node:crypto'
import { isJsonObject, type Json } from '@nexus/sdk'
import { fingerprint, readAuthentication } from '../authentication/policy.ts'
import { readEndpoint, readOutput, readRedirect, wrong, type Call } from '../call.ts'
import { readResource, type ResourceOptions } from '../resource.ts'
import type { Answer } from '../send.ts'
import { checkResponse, requestCheck } from './check.ts'
import { checksRequest, checksResponse, type Validation } from './validation.ts'
import { describe, findOperation, type Description } from './description.ts'
import type { DescriptionCache, Loaded } from './description_cache.ts'
import { fill } from './fill.ts'
import { expandTemplate } from '../uri_template.ts'
import { readVersion2 } from './version_2.ts'
import { readVersion3 } from './version_3.ts'

export interface OpenApiOptions extends ResourceOptions {
  readonly cache: DescriptionCache
  /** What is checked against the schemas of the document. */
  readonly validation: Validation
}

export interface DescribedCall {
  readonly call: Call
  /** Throws where the answer is not what the document says. */
  readonly check: (answer: Answer) => void
}

/** The call that the task means, once its document is there. */
export async function callOpenApi(inputData: Json, options: OpenApiOptions): Promise<DescribedCall> {
  if (!isJsonObject(inputData)) throw wrong('with', 'an object')
  const { document, operationId, parameters = {}, authentication } = inputData
  if (!isJsonObject(document)) throw wrong('document', 'an object with an `endpoint`')
  if (typeof operationId !== 'string') throw wrong('operationId', 'the id of an operation')
  if (!isJsonObject(parameters)) throw wrong('parameters', 'an object')
  const answering = {
    authentication: readAuthentication(authentication),
    output: readOutput(inputData['output']),
    redirect: readRedirect(inputData['redirect']),
  }
  const description = await descriptionAt(document['endpoint'] ?? null, options)
  const described = findOperation(description, operationId)
  const read = description.version === '2.0' ? readVersion2 : readVersion3
  const operation = read(description, described)
  const { root } = description
  const { validation } = options
  const filled = fill(
    operation,
    parameters,
    checksRequest(validation) ? requestCheck(operation, root) : undefined,
  )
  return {
    call: { ...filled, ...answering },
    check: (answer) => checksResponse(validation) && checkResponse(operation, root, answer),
  }
}

/** Who may read a document does not say that others may. What is on disk may be another the next time. */
async function descriptionAt(endpoint: Json, options: OpenApiOptions): Promise<Description> {
  const { uri, authentication } = readEndpoint(endpoint)
  const address = expandTemplate(uri, isJsonObject(options.input) ? options.input : {})
  const load = async (signal: AbortSignal): Promise<Loaded> => {
    const { text, url } = await readResource(endpoint, { ...options, signal })
    return { description: await describe(text, url), sizeBytes: Buffer.byteLength(text) }
  }
  if (/^file:/i.test(address)) return (await load(options.signal)).description
  const key = hash('sha256', `${address}\n${fingerprint(authentication)}`)
  return options.cache.get(key, options.signal, load)
}
