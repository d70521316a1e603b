/** TEMP */
import { TaskFault, type Blobs } from '@nexus/sdk'
import type { Cursor } from './driver.ts'

export async function writeArrow(_cursor: Cursor, _options: unknown): ReturnType<Blobs['write']> {
  throw TaskFault.of('runtime', 'todo')
}
