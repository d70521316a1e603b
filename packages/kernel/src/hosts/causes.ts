/**
 * What an error says together with what it was made of: `fetch failed: connect ECONNREFUSED 127.0.0.1:9`. An error alone
 * often says nothing that helps. Pure.
 */

/** Longer chains are cut. */
const causesMax = 4

/** `sayOf`: what one error says by itself. */
export function withCauses(
  error: Error,
  sayOf: (error: Error) => string = (each) => each.message,
  left = causesMax,
): string {
  const own = sayOf(error).trim()
  const cause = causeOf(error)
  const why = left > 0 && cause !== undefined ? causeText(cause, sayOf, left - 1) : ''
  if (why === '' || own.includes(why)) return own
  return own === '' ? why : `${own.replace(/[.:]$/, '')}: ${why}`
}

/** Of several at once the first: they mostly say the same of several addresses. */
function causeOf(error: Error): unknown {
  const { cause } = error
  if (cause !== undefined) return cause
  return 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : undefined
}

function causeText(cause: unknown, sayOf: (error: Error) => string, left: number): string {
  if (cause instanceof Error) return withCauses(cause, sayOf, left)
  return typeof cause === 'string' ? cause.trim() : ''
}
