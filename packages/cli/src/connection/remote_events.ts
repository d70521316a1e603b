/**
 * What a server tells of tasks, as the live view hears it of a run in this process. Only what is shown is there: a server
 * tells no outputs on the way.
 */
import type { LifecycleEvent } from '@nexus/api'
import type { RunEvent } from '@nexus/nexus'
import type { WorkflowError } from '@nexus/sdk'

export function taskEvents({ type, subject, time, data }: LifecycleEvent): readonly RunEvent[] {
  const stamp = { seq: 0, at: Date.parse(time) }
  const ended = { ...stamp, type: 'task.ended', path: subject } as const
  switch (/\.task\.([a-z]+)\./.exec(type)?.[1]) {
    case 'started':
    case 'resumed':
    case 'retried': {
      const name = subject.slice(subject.lastIndexOf('/') + 1)
      const reference = typeof data['task'] === 'string' ? data['task'] : subject
      const kind = typeof data['kind'] === 'string' ? data['kind'] : '' // an older server does not tell it
      return [{ ...stamp, type: 'task.started', task: { path: subject, reference, name, kind } }]
    }
    case 'completed':
      return [{ ...ended, outcome: { status: 'completed', output: null, then: 'continue' } }]
    case 'faulted':
      return [{ ...ended, outcome: { status: 'faulted', error: data['error'] as WorkflowError } }]
    case 'cancelled':
      return [{ ...ended, outcome: { status: 'cancelled' } }]
    default:
      return []
  }
}
