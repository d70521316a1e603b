/**
 * What kind of address an IP address is, as IANA's registries of special-purpose addresses have them. An IPv6 address
 * that stands for an IPv4 address is judged by that one. Pure; it knows nothing of names.
 */
import { BlockList, isIP } from 'node:net'

/** Why an address is no public one, in words that follow "is"; undefined for a public one. */
export function privateKindOf(address: string): string | undefined {
  const [bare = ''] = address.split('%')
  switch (isIP(bare)) {
    case 4:
      return kindIn(kinds4, bare, 'ipv4')
    case 6:
      return kindOf6(bare)
    default:
      return 'no IP address'
  }
}

type Kinds = readonly (readonly [kind: string, ranges: BlockList])[]

const kinds4 = kindsOf('ipv4', {
  'the unspecified address': ['0.0.0.0/8'],
  'a loopback address': ['127.0.0.0/8'],
  'a private address': ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  'a link-local address': ['169.254.0.0/16'],
  'an address behind the NAT of a provider': ['100.64.0.0/10'],
  'a multicast address': ['224.0.0.0/4'],
  'a reserved address': [
    '192.0.0.0/24',
    '192.0.2.0/24',
    '192.88.99.0/24',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '240.0.0.0/4',
  ],
})

const kinds6 = kindsOf('ipv6', {
  'the unspecified address': ['::/128'],
  'a loopback address': ['::1/128'],
  'a link-local address': ['fe80::/10'],
  'a private address': ['fc00::/7', 'fec0::/10', '64:ff9b:1::/48'],
  'a multicast address': ['ff00::/8'],
  'a reserved address': ['2001::/23', '2001:db8::/32', '3fff::/20'],
})

/** The only addresses that IANA gives out for hosts that all can reach. */
const public6 = rangesOf('ipv6', ['2000::/3'])

function kindOf6(address: string): string | undefined {
  const embedded = embedded4(groupsOf(address))
  if (embedded !== undefined) return kindIn(kinds4, embedded, 'ipv4')
  const kind = kindIn(kinds6, address, 'ipv6')
  return kind ?? (public6.check(address, 'ipv6') ? undefined : 'a reserved address')
}

/** Mapped (RFC 4291), translated (RFC 2765), NAT64 (RFC 6052) and 6to4 (RFC 3056). */
function embedded4(groups: readonly number[]): string | undefined {
  const high = groups
    .slice(0, 6)
    .map((group) => group.toString(16))
    .join(':')
  if (['0:0:0:0:0:ffff', '0:0:0:0:ffff:0', '64:ff9b:0:0:0:0'].includes(high)) return dotted(groups.slice(6))
  return groups[0] === 0x2002 ? dotted(groups.slice(1, 3)) : undefined
}

function dotted(groups: readonly number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 255]).join('.')
}

/** The eight groups of an IPv6 address, which `URL` writes in one way, without dots. */
function groupsOf(address: string): readonly number[] {
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const [first, last] = [head, tail].map((part) => (part === '' ? [] : part.split(':')))
  const [before, after] = [first ?? [], last ?? []]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16))
}

function kindIn(kinds: Kinds, address: string, family: 'ipv4' | 'ipv6'): string | undefined {
  return kinds.find(([, ranges]) => ranges.check(address, family))?.[0]
}

function kindsOf(family: 'ipv4' | 'ipv6', written: Readonly<Record<string, readonly string[]>>): Kinds {
  return Object.entries(written).map(([kind, ranges]) => [kind, rangesOf(family, ranges)])
}

function rangesOf(family: 'ipv4' | 'ipv6', written: readonly string[]): BlockList {
  const ranges = new BlockList()
  for (const range of written) {
    const [network = '', bits = ''] = range.split('/')
    ranges.addSubnet(network, Number(bits), family)
  }
  return ranges
}
