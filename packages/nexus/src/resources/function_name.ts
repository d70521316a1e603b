/**
 * What a call says of a function that stands elsewhere: NAME:VERSION@CATALOG, or the URI of its definition. Pure.
 * A name becomes part of a path, so its form is strict: nothing in it can lead out of the catalog.
 * Source: DSL 1.0.3, "Using Cataloged Functions", and the file structure of the public catalog.
 */

export type FunctionName =
  | { readonly kind: 'catalog'; readonly name: string; readonly version: string; readonly catalog: string }
  | { readonly kind: 'uri'; readonly uri: string }
  /** A capability, or a function that the document declares. */
  | { readonly kind: 'other' }
  | { readonly kind: 'wrong'; readonly message: string; readonly hint: string }

export function readFunctionName(call: string): FunctionName {
  if (/^(?:[a-z][a-z0-9+.-]*:\/\/|file:)/i.test(call)) return { kind: 'uri', uri: call }
  const isRelative = /^\.\.?\//.test(call)
  if (isRelative && /\.(?:ya?ml|json)$/i.test(call)) return { kind: 'uri', uri: call }
  const at = call.lastIndexOf('@')
  if (at !== -1 && !call.slice(at).includes('/')) return catalogedFunction(call, at)
  return isRelative ? { kind: 'uri', uri: call } : { kind: 'other' }
}

const namePattern = /^[a-z0-9](?:[a-z0-9_-]{0,126}[a-z0-9])?$/i
const versionPattern =
  /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9a-z-]{1,32}(?:\.[0-9a-z-]{1,32}){0,8})?(?:\+[0-9a-z.-]{1,64})?$/i

const form = 'A function of a catalog is called by NAME:VERSION@CATALOG, such as `log:1.0.0@default`.'

function catalogedFunction(call: string, at: number): FunctionName {
  const colon = call.indexOf(':')
  if (colon === -1 || colon > at) return wrong(`\`${call}\` does not say which version is meant.`, form)
  const [name, version, catalog] = [call.slice(0, colon), call.slice(colon + 1, at), call.slice(at + 1)]
  if (!namePattern.test(name)) {
    return wrong(
      `\`${name}\` cannot be the name of a function in a catalog.`,
      'Such a name has letters and digits, and `-` between them.',
    )
  }
  if (!versionPattern.test(version)) {
    return wrong(`\`${version}\` is not a semantic version.`, 'A version is written as 1.0.0 is.')
  }
  return catalog === ''
    ? wrong(`\`${call}\` names no catalog.`, form)
    : { kind: 'catalog', name, version, catalog }
}

function wrong(message: string, hint: string): FunctionName {
  return { kind: 'wrong', message, hint }
}
