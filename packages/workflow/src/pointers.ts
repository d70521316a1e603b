/**
 * JSON pointers (RFC 6901), as references to tasks and to everything else in a document.
 */

/** The pointer of a member, by the pointer of what holds it. */
export function memberPointer(pointer: string, key: string | number): string {
  return `${pointer}/${typeof key === 'number' ? key : escapeKey(key)}`
}

function escapeKey(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key
}

export function pointerKeys(pointer: string): string[] {
  if (pointer === '') return []
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function lastKey(pointer: string): string {
  return pointerKeys(pointer).at(-1) ?? ''
}
