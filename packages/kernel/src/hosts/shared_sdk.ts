/**
 * The SDK as the host has it, by the names under which modules import it. It is shared, not bundled, so that a
 * `TaskFault` that a module throws is of the class that everyone else knows.
 */
import * as sdk from '@nexus/sdk'
import * as network from '@nexus/sdk/network'
import * as process from '@nexus/sdk/process'
import type { sdkNames } from '../artifact_interface.ts'

const entries: Readonly<Record<(typeof sdkNames)[number], unknown>> = {
  '@nexus/sdk': sdk,
  '@nexus/sdk/network': network,
  '@nexus/sdk/process': process,
}

export const sharedSdk: ReadonlyMap<string, unknown> = new Map(Object.entries(entries))
