/** TEMP */
import { TaskFault } from '@nexus/sdk'
import type { Cursor } from './driver.ts'
import type { Blobs } from './services.ts'
export async function writeArrow(_cursor: Cursor, _options: unknown): ReturnType<Blobs['write']> {
  throw TaskFault.of('runtime', 'todo')
}
