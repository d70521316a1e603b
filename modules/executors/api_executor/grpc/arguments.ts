/** The arguments of `call: grpc`, read into a call that is complete. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { readAuthentication, type Authentication } from '../authentication/policy.ts'
import { wrong } from '../call.ts'

export interface GrpcCall {
  /** The endpoint of the proto file. */
  readonly proto: Json
  readonly service: string
  readonly host: string
  readonly port: number
  readonly authentication: Authentication | undefined
  readonly methodName: string
  readonly arguments: JsonObject
}

/** Where no port is given, as gRPC has it. */
const portDefault = 443

export function readGrpcCall(input: Json): GrpcCall {
  if (!isJsonObject(input)) throw wrong('with', 'an object')
  const { proto, service, method } = input
  const given = input['arguments'] ?? {}
  if (!isJsonObject(proto)) throw wrong('proto', 'an object with an `endpoint`')
  if (!isJsonObject(service)) throw wrong('service', 'an object with `name` and `host`')
  if (typeof method !== 'string' || method === '') throw wrong('method', 'the name of a method')
  if (!isJsonObject(given)) throw wrong('arguments', 'an object')
  return {
    proto: proto['endpoint'] ?? null,
    service: textIn(service, 'name'),
    host: textIn(service, 'host'),
    port: readPort(service['port'] ?? portDefault),
    authentication: readAuthentication(service['authentication']),
    methodName: method,
    arguments: given,
  }
}

function textIn(service: JsonObject, name: string): string {
  const value = service[name]
  if (typeof value === 'string' && value !== '') return value
  throw wrong(`service.${name}`, 'a text that is not empty')
}

function readPort(port: Json): number {
  if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65_535) return port
  throw wrong('service.port', 'a port, from 1 to 65535')
}
