/** `call: grpc`: a method of a gRPC service. */
import { Type } from 'typebox'
import { authentication } from '../authentication.ts'
import { anyObject, closed, optional, text, whole } from '../describe.ts'
import { externalResource } from '../endpoint.ts'
import { task } from '../task_base.ts'

const hostPattern = '^[a-zA-Z0-9](?:[a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$'

export const CallGrpc = task('grpc call', 'Calls a method of a gRPC service.', {
  call: Type.Literal('grpc'),
  with: closed('grpc call', 'The method and its arguments.', {
    proto: externalResource('The file that describes the service.'),
    service: closed('grpc service', 'The service.', {
      name: text('Its full name.'),
      host: text('The host it runs on.', { title: 'a host name', pattern: hostPattern }),
      port: optional(whole('The port it listens on.', { minimum: 0, maximum: 65_535 })),
      authentication: optional(authentication('How to authenticate.')),
    }),
    method: text('The name of the method.'),
    arguments: optional(anyObject('Its arguments by name.')),
  }),
})
