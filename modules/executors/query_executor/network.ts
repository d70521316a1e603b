/** How far a connection may go, in the words of this module; what that means is the SDK's. */
import { checkHost, guardedLookup, type NetworkPolicy } from '@nexus/sdk/network'
import type { LookupFunction } from 'node:net'

/** `public`: nothing on this machine and none of its neighbours. */
export type Reach = 'any' | 'public'

function policyOf(reach: Reach): NetworkPolicy {
  return { network: { private: reach === 'any' } }
}

/** Throws where a host is itself an address that may not be reached; names are for `lookupFor`. */
export function refuseAddress(host: string, reach: Reach): void {
  checkHost(host, policyOf(reach))
}

/** Node's own look-up, which fails where any of the addresses is private. */
export function lookupFor(reach: Reach): LookupFunction {
  return guardedLookup(policyOf(reach))
}
