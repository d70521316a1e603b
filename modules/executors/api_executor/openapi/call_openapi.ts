/**
 * `call: openapi`: the arguments of the task and the document that they name, made into a call like any other. It sends
 * nothing but the request for the document, and that once: see `description_cache.ts`.
 */
import { isJsonObject, type Json } from '@nexus/sdk'
import { refuseStatus, textOf } from '../answer.ts'
import { fingerprint, readAuthentication } from '../authentication/policy.ts'
import { readEndpoint, readOutput, readRedirect, wrong, type Call } from '../call.ts'
import { deliver, type DeliverOptions } from '../deliver.ts'
import { requestOf, type HttpRequest } from '../request.ts'
import type { Answer } from '../send.ts'
import { checkResponse, requestCheck } from './check.ts'
import { checksRequest, checksResponse, type Validation } from './validation.ts'
import { describe, findOperation } from './description.ts'
import type { DescriptionCache, Loaded } from './description_cache.ts'
import { fill } from './fill.ts'
import { readVersion2 } from './version_2.ts'
import { readVersion3 } from './version_3.ts'

export interface OpenApiOptions extends DeliverOptions {
  readonly cache: DescriptionCache
  /** What URI templates are filled from. */
  readonly input: Json
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
  const request = documentRequest(document['endpoint'] ?? null, options.input)
  const description = await options.cache.get(keyOf(request), options.signal, (signal) =>
    load(request, { ...options, signal }),
  )
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

function documentRequest(endpoint: Json, input: Json): HttpRequest {
  const call: Call = {
    ...readEndpoint(endpoint),
    method: 'GET',
    headers: { accept: 'application/json, application/yaml;q=0.9, */*;q=0.5' },
    body: undefined,
    query: {},
    output: 'raw',
    redirect: true,
  }
  return requestOf(call, input, '')
}

/** Who may read a document does not say that others may. */
function keyOf({ url, authentication }: HttpRequest): string {
  return `${url.href}\n${fingerprint(authentication)}`
}

async function load(request: HttpRequest, options: DeliverOptions): Promise<Loaded> {
  const answer = await deliver(request, { ...options, overflow: undefined })
  refuseStatus(request, answer)
  const description = await describe(textOf(answer.body, answer.headers), answer.url)
  return { description, sizeBytes: answer.body.length }
}
