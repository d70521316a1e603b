/** A gRPC service for the tests: it speaks by the same library as everybody's services, and reads the same proto file. */
import grpc from '@grpc/grpc-js'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import protobuf from 'protobufjs'
import { onTestFinished } from 'vitest'

export const proto = `
syntax = "proto3";
package GreeterApi;
import "google/protobuf/timestamp.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/empty.proto";

enum Mood { MOOD_UNKNOWN = 0; HAPPY = 1; SAD = 2; }
message HelloRequest { string name = 1; int32 count = 2; }
message HelloReply { string message = 1; }
message Everything {
  int64 big = 1;
  uint64 bigger = 2;
  bytes raw = 3;
  Mood mood = 4;
  google.protobuf.Timestamp at = 5;
  google.protobuf.Struct free = 6;
  google.protobuf.Duration took = 7;
  google.protobuf.StringValue maybe = 8;
  map<string, double> rates = 9;
  repeated HelloReply replies = 10;
  oneof choice { string word = 11; bool flag = 12; }
  double not_a_number = 13;
  string snake_case_name = 14;
  Everything inner = 15;
}
service Greeter {
  rpc SayHello (HelloRequest) returns (HelloReply);
  rpc Echo (Everything) returns (Everything);
  rpc Count (HelloRequest) returns (stream HelloReply);
  rpc Join (stream HelloRequest) returns (HelloReply);
  rpc Chat (stream HelloRequest) returns (stream HelloReply);
  rpc Nothing (google.protobuf.Empty) returns (google.protobuf.Empty);
}
`

type Message = Record<string, unknown>
export type Call = grpc.ServerDuplexStream<Message, Message> & { request?: Message }
type Answer = (error: unknown, value?: Message) => void

/** Files in a folder that is gone after the test; gives the address of the first. */
export function protoFiles(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-proto-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return pathToFileURL(join(folder, Object.keys(files)[0] ?? '')).href
}

export interface Seen {
  readonly metadata: Record<string, unknown>[]
  readonly cancelled: string[]
}

const words = { name: 'nobody', count: 3 }

/** What each method does unless the test says otherwise. */
const behaviours: Record<string, (call: Call, answer: Answer) => void> = {
  SayHello: ({ request }, answer) => answer(null, { message: `Hello ${String(request?.['name'])}` }),
  Echo: ({ request }, answer) => answer(null, request),
  Nothing: (_call, answer) => answer(null, {}),
  Count(call) {
    const { count } = { ...words, ...call.request }
    for (let at = 1; at <= count; at++) call.write({ message: String(at) })
    call.end()
  },
  Join(call, answer) {
    const names: unknown[] = []
    call.on('data', (message: Message) => void names.push(message['name']))
    call.on('end', () => answer(null, { message: names.join('+') }))
  },
  Chat(call) {
    call.on('data', ({ name }: Message) => void call.write({ message: `re: ${String(name)}` }))
    call.on('end', () => call.end())
  },
}

export async function startService(
  own: typeof behaviours = {},
  security: grpc.ServerCredentials = grpc.ServerCredentials.createInsecure(),
): Promise<{ port: number; seen: Seen }> {
  const seen: Seen = { metadata: [], cancelled: [] }
  const file = fileURLToPath(protoFiles({ 'greet.proto': proto }))
  const service = protobuf.loadSync(file).resolveAll().lookupService('GreeterApi.Greeter')
  const server = new grpc.Server()
  const definition: Record<string, grpc.MethodDefinition<Message, Message>> = {}
  const handlers: Record<string, (call: Call, answer: Answer) => void> = {}
  for (const method of service.methodsArray) {
    definition[method.name] = definitionOf(method)
    handlers[method.name] = (call, answer) => {
      seen.metadata.push(call.metadata.getMap())
      call.on('cancelled', () => void seen.cancelled.push(method.name))
      ;(own[method.name] ?? behaviours[method.name])?.(call, answer)
    }
  }
  server.addService(definition, handlers as unknown as grpc.UntypedServiceImplementation)
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', security, (error, bound) => (error ? reject(error) : resolve(bound))),
  )
  onTestFinished(() => server.forceShutdown())
  return { port, seen }
}

function definitionOf(method: protobuf.Method): grpc.MethodDefinition<Message, Message> {
  const { resolvedRequestType: request, resolvedResponseType: response } = method
  if (!request || !response) throw new Error('The types of the service were not resolved.')
  const write = (type: protobuf.Type) => (message: Message) =>
    Buffer.from(type.encode(type.fromObject(message)).finish())
  const read = (type: protobuf.Type) => (bytes: Buffer) => type.toObject(type.decode(bytes))
  return {
    path: `/GreeterApi.Greeter/${method.name}`,
    requestStream: method.requestStream === true,
    responseStream: method.responseStream === true,
    requestSerialize: write(request),
    requestDeserialize: read(request),
    responseSerialize: write(response),
    responseDeserialize: read(response),
  }
}
