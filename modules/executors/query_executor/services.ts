/** TEMP */
import { TaskFault, type ModuleContext, type Json } from '@nexus/sdk'
export interface Blobs {
  write(content: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>, options: { readonly mediaType: string; readonly bytesMax?: number }): Promise<Json>
}
export function blobsOf(context: ModuleContext): Blobs {
  const { blobs } = context as unknown as { blobs?: Blobs }
  if (!blobs) throw TaskFault.of('configuration', 'no blobs')
  return blobs
}
export function reachOf(context: ModuleContext): 'any' | 'public' {
  const { policy } = context as unknown as { policy?: { network: { private: boolean } } }
  return (policy?.network.private ?? true) ? 'any' : 'public'
}
