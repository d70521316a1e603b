/**
 * Paths of task executions and JSON pointers of tasks: `/`-separated segments, escaped by RFC 6901.
 */

export type Segment = string | number

export function joinPath(base: string, segments: readonly Segment[]): string {
  let path = base
  for (const segment of segments) path += `/${typeof segment === 'number' ? segment : escapeSegment(segment)}`
  return path
}

function escapeSegment(segment: string): string {
  return segment.includes('~') || segment.includes('/')
    ? segment.replaceAll('~', '~0').replaceAll('/', '~1')
    : segment
}

/** The name of the task that a JSON pointer points to. */
export function lastSegment(pointer: string): string {
  return pointer
    .slice(pointer.lastIndexOf('/') + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~')
}
