/** Values as they stand in the steps of a scenario. */
import type { Json } from '@nexus/sdk'
import { parse } from 'yaml'

export function valueOf(text: string): Json {
  return parse(text) as Json
}
