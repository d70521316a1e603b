/**
 * The places of a document that name something outside it which must be there before a run: calls of functions,
 * schemas in external resources, scripts and descriptions of services that stand beside the file. Each knows how to take in what was fetched.
 */
import {
  everyTaskOf,
  isCall,
  type Endpoint,
  type ExternalResource,
  type Script,
  type Task,
  type Workflow,
} from '@nexus/workflow'
import type { Json } from '@nexus/sdk'
import { readFunctionName, type FunctionName } from './function_name.ts'

export type Site =
  | {
      readonly kind: 'function'
      readonly pointer: string
      readonly call: string
      readonly wanted: Exclude<FunctionName, { kind: 'other' }>
      readonly rename: (call: string) => void
    }
  | {
      readonly kind: 'schema'
      readonly pointer: string
      readonly endpoint: Endpoint
      readonly put: (schema: Json) => void
    }
  | {
      readonly kind: 'script'
      readonly pointer: string
      readonly endpoint: Endpoint
      readonly put: (code: string) => void
    }
  | {
      readonly kind: 'description'
      readonly pointer: string
      readonly endpoint: Endpoint
      /** Whether it is a proto file, which may import others. */
      readonly isProto: boolean
      readonly put: (address: string) => void
    }

type Members = Record<string, unknown>

export function sitesOf(document: Workflow): readonly Site[] {
  const tasks = [...everyTaskOf(document)]
  return [
    ...schemaSites(document, ''),
    ...tasks.flatMap(({ task, reference }) => [
      ...functionSites(task, reference),
      ...schemaSites(task, reference),
      ...iteratorSites(task, reference),
      ...scriptSites(task, reference),
      ...descriptionSites(task, reference),
    ]),
  ]
}

function functionSites(task: Task, reference: string): readonly Site[] {
  if (!('call' in task)) return []
  const wanted = readFunctionName(task.call)
  if (wanted.kind === 'other') return []
  const members: Members = task
  const rename = (call: string): void => {
    members['call'] = call
  }
  return [{ kind: 'function', pointer: `${reference}/call`, call: task.call, wanted, rename }]
}

interface Rule {
  schema?: { document?: unknown; resource?: ExternalResource }
}

const rulesWithSchema = ['input', 'output', 'export'] as const

function schemaSites(
  holder: { input?: Rule; output?: Rule; export?: Rule },
  pointer: string,
): readonly Site[] {
  return rulesWithSchema.flatMap((key): readonly Site[] => {
    const schema = holder[key]?.schema
    if (!schema?.resource) return []
    const put = (fetched: Json): void => {
      delete schema.resource
      schema.document = fetched
    }
    const at = `${pointer}/${key}/schema/resource/endpoint`
    return [{ kind: 'schema', pointer: at, endpoint: schema.resource.endpoint, put }]
  })
}

/** What is done with each event or message has rules of its own. */
function iteratorSites(task: Task, reference: string): readonly Site[] {
  if ('listen' in task && task.foreach) return schemaSites(task.foreach, `${reference}/foreach`)
  const iterator = isCall(task, 'asyncapi') ? task.with.subscription?.foreach : undefined
  return iterator ? schemaSites(iterator, `${reference}/with/subscription/foreach`) : []
}

/**
 * What is relative, since nobody but the reader of the file knows what to, and files: which of them may be read is a
 * matter of where the document stands. What is had over HTTP is read as it runs.
 */
function scriptSites(task: Task, reference: string): readonly Site[] {
  const script: Script | undefined = 'run' in task ? task.run.script : undefined
  if (!script?.source || !isBeside(endpointOf(script.source.endpoint).uri)) return []
  const members: Members = script
  const put = (code: string): void => {
    delete members['source']
    members['code'] = code
  }
  const pointer = `${reference}/run/script/source/endpoint`
  return [{ kind: 'script', pointer, endpoint: script.source.endpoint, put }]
}

/** What describes a service: relative as scripts are, or a file, which only a file may name. */
function descriptionSites(task: Task, reference: string): readonly Site[] {
  const [member, resource] = descriptionOf(task)
  if (!resource) return []
  const { uri } = endpointOf(resource.endpoint)
  if (!isBeside(uri)) return []
  const members: Members = resource
  const put = (address: string): void => {
    members['endpoint'] = address
  }
  const pointer = `${reference}/with/${member}/endpoint`
  return [{ kind: 'description', pointer, endpoint: resource.endpoint, isProto: member === 'proto', put }]
}

function descriptionOf(task: Task): readonly [member: string, resource: ExternalResource | undefined] {
  if (isCall(task, 'grpc')) return ['proto', task.with.proto]
  if (isCall(task, 'openapi') || isCall(task, 'asyncapi')) return ['document', task.with.document]
  return ['agentCard', isCall(task, 'a2a') ? task.with.agentCard : undefined]
}

export function endpointOf(endpoint: Endpoint): Exclude<Endpoint, string> {
  return typeof endpoint === 'string' ? { uri: endpoint } : endpoint
}

function isBeside(uri: string): boolean {
  if (!isFixed(uri)) return false
  const url = URL.parse(uri)
  return url === null || url.protocol === 'file:'
}

/** An expression or a template has no value before the run. */
export function isFixed(uri: string): boolean {
  return !uri.includes('${') && !uri.includes('{')
}
