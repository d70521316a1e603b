/**
 * What a module needs of the machine, and why it cannot have it here. Memory is the host's matter: a module in a process
 * of its own gets that much and no more.
 */
import type { Manifest } from '@nexus/sdk'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Problem } from './problem.ts'

/** What the machine has. */
export interface Machine {
  readonly cpuCores: number
  readonly hasGpu: boolean
}

/** The devices by which the drivers of NVIDIA and AMD offer computing on Linux. */
const gpuDevices = ['/dev/nvidiactl', '/dev/kfd']

export function thisMachine(): Machine {
  return { cpuCores: availableParallelism(), hasGpu: gpuDevices.some((device) => existsSync(device)) }
}

type ProblemAt = (pointer: string, message: string, hint?: string) => Problem

export function unmetRequirements(
  { id, requirements }: Manifest,
  problemAt: ProblemAt,
  machine: Machine,
): Problem[] {
  const { cpu_cores: cores = 0, gpu = false } = requirements ?? {}
  return [
    ...(cores > machine.cpuCores
      ? [
          problemAt(
            '/requirements/cpu_cores',
            `"${id}" needs ${cores} CPU cores; here are ${machine.cpuCores}.`,
          ),
        ]
      : []),
    ...(gpu && !machine.hasGpu ? [problemAt('/requirements/gpu', `"${id}" needs a GPU; here is none.`)] : []),
  ]
}
