/** Which requests go through which proxy. It comes from the configuration alone: the environment is not read. Pure. */

export interface ProxySettings {
  /** For http addresses. */
  readonly http: URL | undefined
  /** For https addresses. */
  readonly https: URL | undefined
  /** Hosts that are called directly, as NO_PROXY has them. */
  readonly exceptions: readonly string[]
  /** Names are sent to the proxy as they are, so that it alone decides where they lead. */
  readonly resolvesNames: boolean
}

export interface Target {
  readonly protocol: string
  /** Without brackets. */
  readonly hostname: string
  /** Empty where it is the usual one. */
  readonly port: string
}

export function proxyFor(target: Target, proxy: ProxySettings): URL | undefined {
  const chosen = target.protocol === 'https:' ? proxy.https : proxy.http
  if (chosen === undefined) return undefined
  return proxy.exceptions.some((exception) => covers(exception, target)) ? undefined : chosen
}

export function portOf({ protocol, port }: Target): number {
  return Number(port || (protocol === 'https:' ? 443 : 80))
}

/** A star covers everything; a name covers itself and all below it; a port, where there is one, must be the same. */
function covers(exception: string, target: Target): boolean {
  if (exception === '*') return true
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(exception) ?? []
  if (port !== undefined && Number(port) !== portOf(target)) return false
  const name = host
    .replace(/^\[|\]$/g, '')
    .replace(/^\*?\./, '')
    .toLowerCase()
  const asked = target.hostname.toLowerCase().replace(/\.$/, '')
  return asked === name || asked.endsWith(`.${name}`)
}
