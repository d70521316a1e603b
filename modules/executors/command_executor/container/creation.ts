/**
 * A container as the argument vector of `docker create` or `podman create`; both read the same one. Nothing in it gives
 * a container more than engines give by default, and nothing that a task says can become an option.
 */
import { hash } from 'node:crypto'
import type { ModuleContext } from '@nexus/sdk'
import type { Container } from './container.ts'
import { handOver, type Handover } from './environment.ts'

/** Says which execution of which task a container belongs to: the same for every attempt, also after a crash. */
export const executionLabel = 'nexus.execution'
/** How long after its end a container is removed. */
export const removeAfterLabel = 'nexus.remove_after_ms'

export interface Execution {
  readonly id: string
  readonly name: string
  readonly labels: readonly string[]
}

type Subject = Pick<ModuleContext, 'idempotencyKey' | 'taskId' | 'run' | 'metadata'>

export function executionOf({ idempotencyKey, taskId, run, metadata }: Subject): Execution {
  const id = hash('sha256', idempotencyKey).slice(0, 32)
  const { name, namespace } = metadata.workflow
  return {
    id,
    name: `${nameable(name)}-${id.slice(0, 16)}.${nameable(namespace)}-${nameable(metadata.name)}`,
    labels: [`${executionLabel}=${id}`, `nexus.run=${run.id}`, `nexus.task=${taskId}`],
  }
}

const namePartMax = 48

/** Names of containers are ASCII and begin with a letter or a digit; names of tasks need not. */
function nameable(text: string): string {
  return (
    text
      .replaceAll(/[^\w.-]+/g, '-')
      .replace(/^[^a-z0-9]+/i, '')
      .slice(0, namePartMax) || 'task'
  )
}

export interface CreationOptions {
  readonly container: Container
  readonly execution: Execution
  readonly idempotencyKey: string
  readonly mounts: readonly string[]
  /** The address of the host at which ports are open. */
  readonly portsAddress: string
}

export function creation({
  container,
  execution,
  idempotencyKey,
  mounts,
  portsAddress,
}: CreationOptions): Handover {
  const { lifetime, stdin, image } = container
  const handover = handOver({ NEXUS_IDEMPOTENCY_KEY: idempotencyKey, ...container.environment })
  const labels = lifetime.cleanup === 'eventually' ? [`${removeAfterLabel}=${lifetime.afterMs}`] : []
  const address = portsAddress.includes(':') ? `[${portsAddress}]` : portsAddress
  return {
    ...handover,
    arguments: [
      'create',
      '--name',
      container.name ?? execution.name,
      '--pull',
      container.pull,
      ...(lifetime.cleanup === 'always' ? ['--rm'] : []),
      ...(stdin === undefined ? [] : ['--interactive']),
      ...[...execution.labels, ...labels].flatMap((label) => ['--label', label]),
      ...container.ports.flatMap((port) => [
        '--publish',
        `${address}:${port.host}:${port.container}/${port.protocol}`,
      ]),
      ...mounts.flatMap((mount) => ['--mount', mount]),
      ...handover.arguments,
      ...(container.command === undefined ? [] : ['--entrypoint', 'sh']),
      '--',
      image,
      ...program(container),
    ],
  }
}

/** `sh -c COMMAND sh ARG…`, so that arguments are $1, $2…; without a command they are what the image's ENTRYPOINT gets. */
function program({ command, arguments: given }: Container): readonly string[] {
  return command === undefined ? given : ['-c', command, 'sh', ...given]
}
