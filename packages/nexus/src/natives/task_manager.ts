/**
 * `task_manager`: what ran here, how long tasks took, and what is wrong with a workflow before it runs. It only reads.
 */
import { projectRun, type Backend, type RunStatus, type RunSummary, type TaskSample } from '@nexus/engine'
import type { NativeModule } from '@nexus/kernel'
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { CheckedWorkflow } from '../check.ts'
import { limitOf, nativeModule, type NativeTask } from './native.ts'

export interface TaskManagerParts {
  readonly backend: Backend
  readonly check: (text: string) => CheckedWorkflow
}

const limited = { limit: { type: 'integer', minimum: 1 } }

export function taskManager(parts: () => TaskManagerParts): NativeModule {
  return nativeModule('task_manager', '1.0.0', {
    'task_manager.runs': {
      description: 'Lists runs, newest first; or those of goals alone, each with its words.',
      input_schema: {
        type: 'object',
        additionalProperties: false,
        properties: {
          ...limited,
          workflow: { type: 'string' },
          status: { type: 'string' },
          goals: { type: 'boolean' },
        },
      },
      output_schema: listOf('runs'),
      idempotent: true,
      perform: async (input) => ({ runs: await runsOf(parts().backend, input) }),
    },
    'task_manager.run': {
      description: 'Tells of one run: what it ran on, and what became of each of its tasks.',
      input_schema: {
        type: 'object',
        required: ['id'],
        additionalProperties: false,
        properties: {
          id: { type: 'string' },
          values: { type: 'boolean', default: true, description: 'Whether with what went in and came out.' },
        },
      },
      output_schema: { type: 'object', required: ['id', 'status', 'tasks'] },
      idempotent: true,
      perform: ({ id, values }) =>
        recordOf(parts().backend, typeof id === 'string' ? id : '', values !== false),
    },
    'task_manager.samples': samplesTask(parts),
    'workflow.check': {
      description: 'Says what is wrong with a workflow document, given as an object or as text.',
      input_schema: {
        type: 'object',
        required: ['workflow'],
        additionalProperties: false,
        properties: { workflow: { type: ['object', 'string'] } },
      },
      output_schema: {
        type: 'object',
        required: ['valid', 'problems'],
        properties: { valid: { type: 'boolean' }, problems: { type: 'array', items: { type: 'object' } } },
      },
      idempotent: true,
      perform: (input) => verdictOn(input, parts().check),
    },
  })
}

function samplesTask(parts: () => TaskManagerParts): NativeTask {
  return {
    description:
      'Lists tasks that ended lately: of which capability, how large their input was, how long they took.',
    input_schema: {
      type: 'object',
      additionalProperties: false,
      properties: {
        ...limited,
        capabilities: { type: 'array', items: { type: 'string' } },
        since: { type: 'string', format: 'date-time' },
        after: {
          type: 'integer',
          minimum: 0,
          description: 'The oldest first, of those that were recorded after this `last`: none is missed.',
        },
      },
    },
    output_schema: {
      type: 'object',
      required: ['samples', 'last'],
      properties: {
        samples: { type: 'array', items: { type: 'object' } },
        last: { type: 'integer', description: 'Where to go on from, as `after`.' },
      },
    },
    idempotent: true,
    perform: (input) => samplesOf(parts().backend, input),
  }
}

function listOf(name: string): JsonObject {
  return {
    type: 'object',
    required: [name],
    properties: { [name]: { type: 'array', items: { type: 'object' } } },
  }
}

const runsMax = 1_000
const samplesMax = 10_000

async function runsOf(backend: Backend, input: JsonObject): Promise<Json[]> {
  const { status, workflow, goals = false } = input
  const limit = limitOf(input, 50, runsMax)
  const statuses = typeof status === 'string' ? [status as RunStatus] : undefined
  const runs = await backend.list({
    limit: workflow === undefined && goals !== true ? limit : runsMax,
    ...(statuses && { statuses }),
  })
  const wanted = workflow === undefined ? runs : runs.filter((run) => run.workflow.name === workflow)
  if (goals !== true) return wanted.slice(0, limit).map(runToJson)
  const pursued = wanted.filter((run) => run.workflow.namespace === 'nexus' && run.workflow.name === 'goal')
  return Promise.all(pursued.slice(0, limit).map((run) => goalToJson(backend, run)))
}

/** With the words that it was given. */
async function goalToJson(backend: Backend, run: RunSummary): Promise<Json> {
  const { input } = await backend.get(run.id)
  const goal = isJsonObject(input) ? input['goal'] : undefined
  return { ...runToJson(run), goal: typeof goal === 'string' ? goal : '' }
}

function runToJson({ id, workflow, status, startedAt, endedAt }: RunSummary): JsonObject {
  return {
    id,
    workflow: workflow.name,
    namespace: workflow.namespace,
    version: workflow.version,
    status,
    started_at: isoOrNull(startedAt),
    ended_at: isoOrNull(endedAt),
  }
}

/** Without its events, which are many; `values`: whether with inputs and outputs, which are large. */
async function recordOf(backend: Backend, id: string, values: boolean): Promise<Json> {
  const { events: _events, ...record } = projectRun(await backend.get(id), await backend.events(id))
  if (values) return record as unknown as Json
  const { input: _input, output: _output, ...about } = record
  const tasks = record.tasks.map(({ input: _input, output: _output, ...task }) => task)
  return { ...about, tasks }
}

function isoOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : new Date(timeMs).toISOString()
}

async function samplesOf(backend: Backend, input: JsonObject): Promise<Json> {
  const { capabilities, since, after } = input
  const wanted = Array.isArray(capabilities) ? new Set(capabilities.map(String)) : undefined
  const { samples, last } = await backend.samples({
    limit: limitOf(input, 1_000, samplesMax),
    ...(wanted && { kinds: wanted }),
    ...(typeof after === 'number'
      ? { after }
      : { ...(typeof since === 'string' && { sinceMs: momentOf(since) }) }),
  })
  return { samples: samples.map(sampleToJson), last }
}

function sampleToJson(sample: TaskSample): JsonObject {
  const { number, kind, module, inputBytes, outputBytes, durationMs, status, costUsd, at } = sample
  return {
    number,
    capability: kind,
    module: module ?? null,
    input_bytes: inputBytes,
    output_bytes: outputBytes,
    duration_ms: durationMs,
    status,
    ...(costUsd !== undefined && { cost_usd: costUsd }),
    at: new Date(at).toISOString(),
  }
}

function momentOf(text: string): number {
  const ms = Date.parse(text)
  if (!Number.isNaN(ms)) return ms
  throw TaskFault.of('validation', '`since` is a date with a time, such as 2026-01-31T12:00:00Z.')
}

function verdictOn({ workflow }: JsonObject, check: TaskManagerParts['check']): Json {
  if (typeof workflow !== 'string' && !isJsonObject(workflow))
    throw TaskFault.of('validation', '`workflow` is a document, as an object or as text.')
  const text = typeof workflow === 'string' ? workflow : JSON.stringify(workflow, null, 2)
  const { document, problems } = check(text)
  return {
    valid: document !== undefined,
    problems: problems.map(({ severity, code, message, hint, pointer, start }) => ({
      severity,
      code,
      message,
      ...(hint !== undefined && { hint }),
      pointer,
      line: start.line,
      column: start.column,
    })),
  }
}
