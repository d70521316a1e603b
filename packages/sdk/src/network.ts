/**
 * @nexus/sdk/network: where this Nexus may connect to. Unless whoever runs it allows private addresses (`policy.network.private`), a name or
 * an address that leads to this machine or into its networks is refused. Names are judged by the very addresses that are
 * then connected to, so that a name which changes between two look-ups gains nothing. It opens no connection.
 *
 * Whoever connects by itself uses all of this: `checkHost` before (nobody looks up an address), `guardedLookup` as the
 * `lookup` of `net.connect`, `tls.connect`, `ws`…, or `resolveChecked` where a library takes an address only; and
 * `checkSocket` once it is connected.
 */
import { lookup, type LookupAddress } from 'node:dns'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import { TaskFault } from './errors.ts'
import { privateKindOf } from './network/address_kind.ts'

export { privateKindOf }

/** What of a `Policy` this needs. */
export interface NetworkPolicy {
  readonly network: { readonly private: boolean }
}

/** All addresses of a name; rejects with the error of `dns.lookup`. */
export type Resolve = (hostname: string, family: 0 | 4 | 6) => Promise<readonly LookupAddress[]>

/** The system's own way. */
export const resolveBySystem: Resolve = (hostname, family) =>
  new Promise((resolve, reject) => {
    lookup(hostname, { all: true, family }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    )
  })

/** Refuses an address that may not be reached. `host` is how whoever asked wrote it. */
export function checkAddress(address: string, policy: NetworkPolicy, host = address): void {
  if (policy.network.private) return
  const kind = privateKindOf(address)
  if (kind === undefined) return
  const what = host === address ? address : `${host} leads to ${address}, which`
  throw refused(`${what} is ${kind}`)
}

/** Refuses a host that needs no looking up: an address in whatever form it is written, and names of this machine. */
export function checkHost(host: string, policy: NetworkPolicy): void {
  if (policy.network.private) return
  const address = addressIn(host)
  if (address !== undefined) return checkAddress(address, policy, host.replace(/^\[|\]$/g, ''))
  if (/^(?:.+\.)?(?:localhost|localhost\.localdomain|ip6-localhost|ip6-loopback)\.?$/i.test(host))
    throw refused(`${host} is a name of the machine itself`)
}

/** The addresses of a host, every one of them allowed: one that is not refuses them all. */
export async function resolveChecked(
  host: string,
  policy: NetworkPolicy,
  { resolve = resolveBySystem, family = 0 }: { resolve?: Resolve; family?: 0 | 4 | 6 } = {},
): Promise<readonly LookupAddress[]> {
  checkHost(host, policy)
  const literal = host.replace(/^\[|\]$/g, '')
  const kind = isIP(literal)
  if (kind !== 0) return [{ address: literal, family: kind }]
  const addresses = await resolve(host, family)
  for (const { address } of addresses) checkAddress(address, policy, host)
  return addresses
}

/** A `lookup` for `net.connect` and whatever is built on it. It is not asked where the host is an address. */
export function guardedLookup(policy: NetworkPolicy, resolve: Resolve = resolveBySystem): LookupFunction {
  return (hostname, options, callback) => {
    resolveChecked(hostname, policy, { resolve, family: familyOf(options.family) }).then(
      (addresses) => {
        const [first] = addresses
        if (first === undefined) return callback(unknown(hostname), '')
        if (options.all === true) return callback(null, [...addresses])
        callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), ''),
    )
  }
}

/** Ends a connection that got where it may not be, whoever looked its address up. */
export function checkSocket(socket: Socket, policy: NetworkPolicy, host: string): void {
  if (socket.remoteAddress === undefined) return
  try {
    checkAddress(socket.remoteAddress, policy, host)
  } catch (error) {
    socket.destroy()
    throw error
  }
}

/** The address that a host is, also where it is written in decimal, octal or hexadecimal parts, as `URL` reads them. */
function addressIn(host: string): string | undefined {
  const bare = host.replace(/^\[|\]$/g, '').split('%')[0] ?? ''
  if (isIP(bare) !== 0) return bare
  const read = URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '') ?? ''
  return isIP(read) === 0 ? undefined : read
}

function familyOf(family: number | string | undefined): 0 | 4 | 6 {
  if (family === 4 || family === 'IPv4') return 4
  return family === 6 || family === 'IPv6' ? 6 : 0
}

function unknown(hostname: string): Error {
  return Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND', hostname })
}

function refused(what: string): TaskFault {
  return TaskFault.of(
    'authorization',
    `${what}, and this Nexus may not reach private addresses. Whoever runs it allows them by policy.network.private in nexus.yaml, or by NEXUS_ALLOW_PRIVATE_NETWORK=1.`,
  )
}
