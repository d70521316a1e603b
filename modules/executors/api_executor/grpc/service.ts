/** Finds a method of a service in what a proto file describes. Where there is none, it names those that are nearest. */
import { nearest, TaskFault } from '@nexus/sdk'
import type protobuf from 'protobufjs'
import type { GrpcCall } from './arguments.ts'

export interface Method {
  /** As errors name it: `GreeterApi.Greeter/SayHello`. */
  readonly name: string
  /** What is called: `/GreeterApi.Greeter/SayHello`. */
  readonly path: string
  readonly request: protobuf.Type
  readonly response: protobuf.Type
  readonly isClientStream: boolean
  readonly isServerStream: boolean
}

type Wanted = Pick<GrpcCall, 'service' | 'methodName'>

export function findMethod(root: protobuf.Root, { service: name, methodName }: Wanted): Method {
  const service = findService(root, name)
  const method = Object.hasOwn(service.methods, methodName) ? service.methods[methodName] : undefined
  const fullName = nameOf(service)
  if (!method)
    throw unknown(`${fullName} has no method "${methodName}"`, methodName, Object.keys(service.methods))
  method.resolve()
  const { resolvedRequestType: request, resolvedResponseType: response } = method
  if (!request || !response) throw new Error(`The types of ${fullName}/${methodName} were not resolved.`)
  return {
    name: `${fullName}/${methodName}`,
    path: `/${fullName}/${methodName}`,
    request,
    response,
    isClientStream: method.requestStream === true,
    isServerStream: method.responseStream === true,
  }
}

/** By its full name; its last part is enough where no other service has it. */
function findService(root: protobuf.Root, name: string): protobuf.Service {
  const services = [...servicesIn(root)]
  const exact = services.find((service) => nameOf(service) === name)
  if (exact) return exact
  const named = services.filter((service) => service.name === name)
  if (named.length === 1 && named[0]) return named[0]
  throw unknown(`The proto file has no service "${name}"`, name, services.map(nameOf))
}

function* servicesIn(namespace: protobuf.NamespaceBase): Generator<protobuf.Service> {
  for (const nested of namespace.nestedArray) {
    if ('methods' in nested) yield nested as protobuf.Service
    else if ('nestedArray' in nested) yield* servicesIn(nested as protobuf.NamespaceBase)
  }
}

function nameOf({ fullName }: protobuf.Service): string {
  return fullName.replace(/^\./, '')
}

function unknown(what: string, name: string, known: readonly string[]): TaskFault {
  const near = nearest(name, known)
  const hint = near === undefined ? `It has ${known.join(', ') || 'none'}.` : `Did you mean "${near}"?`
  return TaskFault.of('validation', `${what}. ${hint}`)
}
