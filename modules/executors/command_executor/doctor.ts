/** What holds the processes of programs and commands on this machine, and what does not, in words for whoever runs it. It starts nothing. */
import type { JsonObject } from '@nexus/sdk'
import { controlGroupsFolder } from '@nexus/sdk/process'

export interface Machine {
  readonly platform: NodeJS.Platform
  /** Where control groups can be made. */
  readonly folder: string | undefined
}

/** The layers from the strongest on; each ends what a program started when its task is over. */
export function layersHere(
  { platform, folder }: Machine = { platform: process.platform, folder: controlGroupsFolder() },
): JsonObject {
  const group = platform === 'win32' ? 'process_tree' : 'process_group'
  if (folder !== undefined) return { layers: ['control_group', 'environment_mark', group], not_contained: [] }
  if (platform === 'linux')
    return {
      layers: ['environment_mark', group],
      not_contained: [
        'a process with a session of its own that was started with an empty environment, or as another user: no control group can be made here (cgroup version 2, as root or with Delegate=yes)',
      ],
    }
  return { layers: [group], not_contained: ['a process with a session of its own'] }
}
