/** How errors name an address: never by its query, in which there may be a secret. Pure. */

export function nameOf(url: URL): string {
  return url.origin + url.pathname
}

/** Host and port, also where the port is the usual one. */
export function hostAndPort(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}
