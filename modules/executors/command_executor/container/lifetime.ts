/** When a container is removed, as the specification says it. Pure. */
import { isJsonObject, type Json } from '@nexus/sdk'
import { wrongArgument } from '@nexus/sdk/process'
import { durationMs } from '../duration.ts'

export type Lifetime =
  | { readonly cleanup: 'always' }
  | { readonly cleanup: 'never' }
  /** So long after its end. */
  | { readonly cleanup: 'eventually'; readonly afterMs: number }

export function readLifetime(value: Json): Lifetime {
  if (!isJsonObject(value)) throw wrongArgument('container.lifetime', 'an object with `cleanup`')
  const { cleanup = 'never', after } = value
  if (cleanup === 'always' || cleanup === 'never') return { cleanup }
  if (cleanup === 'eventually')
    return { cleanup, afterMs: durationMs(after ?? null, 'container.lifetime.after') }
  throw wrongArgument('container.lifetime.cleanup', 'always, never or eventually')
}
