/**
 * Which addresses of the network may be reached. A name is looked up and checked when the connection is made, by the
 * very look-up that the connection uses, so that a name cannot mean one address when it is checked and another one
 * when it is called.
 */
import { lookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { BlockList, isIP } from 'node:net'
import { TaskFault } from '@nexus/sdk'

/** `public`: nothing on this machine and none of its neighbours. */
export type Reach = 'any' | 'public'

const blocked = new BlockList()
for (const [address, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  blocked.addSubnet(address, prefix, 'ipv4')
for (const [address, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  blocked.addSubnet(address, prefix, 'ipv6')

export function isPrivate(address: string): boolean {
  const [plain = ''] = address.split('%')
  const family = isIP(plain)
  if (family === 0) return true
  return blocked.check(plain, family === 4 ? 'ipv4' : 'ipv6')
}

function privateAddress(host: string, address: string): TaskFault {
  const at = host === address ? host : `${host} (${address})`
  return TaskFault.of(
    'authorization',
    `${at} is an address of this machine or of its own network, which tasks may not reach here. Allow it by policy.network.private in nexus.yaml, or name the connection in the configuration of query_executor.`,
  )
}

/** Throws where a host is itself an address that may not be reached; names are for `lookupFor`. */
export function refuseAddress(host: string, reach: Reach): void {
  const plain = host.replace(/^\[|\]$/g, '')
  if (reach === 'public' && isIP(plain) !== 0 && isPrivate(plain)) throw privateAddress(host, plain)
}

type Callback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void
export type Lookup = (host: string, options: LookupOptions, callback: Callback) => void

/** Node's own look-up, which fails where any of the addresses is private. */
export function lookupFor(reach: Reach): Lookup {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const refused = reach === 'public' ? addresses?.find(({ address }) => isPrivate(address)) : undefined
      const [first] = addresses ?? []
      if (error !== null) callback(error, '')
      else if (refused !== undefined) callback(privateAddress(host, refused.address), '')
      else if (options.all === true) callback(null, addresses)
      else callback(null, first?.address ?? '', first?.family)
    })
  }
}
