/**
 * What a server says of itself to anybody.
 */
import { Type, type Static } from 'typebox'
import { named, text } from './words.ts'

export const Health = named('Health', 'A server that answers.', {
  status: Type.Literal('ok'),
  version: text('The version of Nexus.'),
  instance: text('Made anew with every start, so that one server is told from another at the same address.'),
})
export type Health = Static<typeof Health>
