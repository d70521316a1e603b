/**
 * `call: grpc`: one method of a service that a proto file describes, of any of the four kinds. What goes in and comes
 * out is ProtoJSON: int64 as text, enums by name, bytes in base64, the well-known types as they are written there.
 * A crash between the call and its record calls again, with the same `idempotency-key` in its metadata.
 */
import { TaskFault, type Json } from '@nexus/sdk'
import type protobuf from 'protobufjs'
import { withAuthorization } from '../authentication/authorized.ts'
import { maskJson } from '../authentication/mask.ts'
import type { ProtocolCalls, ProtocolOptions } from '../protocol_options.ts'
import { readGrpcCall, type GrpcCall } from './arguments.ts'
import { openChannel } from './channel.ts'
import { decodeMessage, encodeMessages } from './convert.ts'
import { exchange } from './exchange.ts'
import { ProtoCache } from './proto_cache.ts'
import { findMethod } from './service.ts'
import { isUnauthenticated } from './status.ts'

export class GrpcCalls implements ProtocolCalls {
  readonly #protos = new ProtoCache()

  async call(inputData: Json, options: ProtocolOptions): Promise<Json> {
    const call = readGrpcCall(inputData)
    return callMethod(call, await this.#protos.get(call.proto, options), options)
  }
}

async function callMethod(call: GrpcCall, root: protobuf.Root, options: ProtocolOptions): Promise<Json> {
  const method = findMethod(root, call)
  const messages = encodeMessages(method, call.arguments)
  const usesTls = options.grpcTlsPorts.includes(call.port)
  const authorizing = { authentication: call.authentication, url: serviceUrl(call, usesTls), options }
  const { value, tokens } = await withAuthorization(authorizing, isUnauthenticated, async (authorization) => {
    using channel = await openChannel({ ...call, usesTls }, options)
    const metadata = {
      'idempotency-key': options.idempotencyKey,
      ...(authorization !== undefined && { authorization }),
    }
    return await exchange(channel, { method, messages, metadata }, options)
  })
  const outputs = value.map((bytes) => decodeMessage(method, bytes))
  return maskJson(method.isServerStream ? outputs : (outputs[0] ?? null), tokens)
}

function serviceUrl({ host, port }: GrpcCall, usesTls: boolean): URL {
  const url = URL.parse(`${usesTls ? 'https' : 'http'}://${host}:${port}`)
  if (url) return url
  throw TaskFault.of('validation', `The argument service.host must be the name of a host, not "${host}".`)
}
