/** How errors and outputs name an address, in whose query there may be a secret. Pure. */
import { isSecretName } from './names.ts'

export function nameOf(url: URL): string {
  return url.origin + url.pathname
}

/** Host and port, also where the port is the usual one. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}

/** All of an address, but what shows who asks. */
export function shownAddress(url: URL): string {
  if (url.search === '') return url.href
  const shown = new URL(url)
  shown.search = url.search.slice(1).split('&').map(shownPair).join('&')
  return shown.href
}

function shownPair(pair: string): string {
  const [name = ''] = pair.split('=', 1)
  return isSecretName(name) && name !== pair ? `${name}=***` : pair
}

/** A text that should be an address, or a template of one, without what may be secret in it. */
export function shownText(uri: string): string {
  return uri
    .replace(/#[^}]*$/s, '')
    .replace(/\/\/[^/]*@/, '//')
    .replaceAll(/([?&][^=&{}]*=)[^&{}]+/g, '$1***')
}
