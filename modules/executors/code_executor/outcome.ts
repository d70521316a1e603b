/** What the end of a script means for its task: its output, or the fault that says what went wrong. Pure. */
import { TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { lastLines, processFault, processOutput, type ReturnMode } from '@nexus/sdk/process'
import type { Limit, ScriptOutcome } from './sandbox.ts'

/** How the place that the script failed at is told. */
export type TellPlace = (at: { readonly line: number; readonly column?: number }) => string

const tellLine: TellPlace = ({ line }) => ` at line ${line}`

/** With `return: code` or `all` the exit code is the result, whatever it is; else one that is not 0 faults the task. */
export function scriptOutput(returns: ReturnMode, outcome: ScriptOutcome, tell = tellLine): Json {
  const { end, stdout, stderr } = outcome
  const fault = cutFault(outcome)
  if (fault) throw fault
  if (end.kind === 'limited') throw limitFault(end.limit, stderr)
  const isFailed = end.kind === 'exited' && end.code !== 0
  if (isFailed && returns !== 'code' && returns !== 'all') throw scriptFault(outcome, tell)
  return processOutput({ end, stdout, stderr }, returns)
}

/** An exit code is part of the output; an error that the script did not catch faults the task. */
export function callOutput(outcome: ScriptOutcome, tell = tellLine): JsonObject {
  const { end, stdout, stderr, value = null, outputs } = outcome
  const fault = cutFault(outcome)
  if (fault) throw fault
  if (outcome.error) throw scriptFault(outcome, tell)
  const files = [...outputs].map(([name, bytes]): [string, Json] => [name, contentOf(bytes)])
  return {
    value,
    stdout,
    stderr,
    code: end.kind === 'exited' ? end.code : 1,
    outputs: Object.fromEntries(files),
  }
}

/** Text where it is text; else base64, as inputs have it. */
function contentOf(bytes: Uint8Array): Json {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return { base64: Buffer.from(bytes).toString('base64') }
  }
}

function cutFault({ end, stdout, stderr }: ScriptOutcome): TaskFault | undefined {
  if (end.kind === 'limited') return limitFault(end.limit, stderr)
  return processFault('The script', { end, stdout, stderr })
}

const limits: Readonly<Record<Limit, string>> = {
  cpu: 'used more processor time than it may (cpu_ms)',
  memory: 'needed more memory than it may have (memory_mb)',
  scratch: 'wrote more files than its folder may hold (scratch_mb)',
  threads: 'started more than 128 threads',
  value: 'gave a value that is larger than it may be (max_output_mb)',
}

function limitFault(limit: Limit, stderr: string): TaskFault {
  return TaskFault.of('runtime', `The script ${limits[limit]} and was ended.${lastLines(stderr)}`)
}

function scriptFault({ end, error, stderr }: ScriptOutcome, tell: TellPlace): TaskFault {
  if (error) {
    const { line, column } = error
    const where = line === undefined ? '' : tell({ line, ...(column !== undefined && { column }) })
    return TaskFault.of('runtime', `The script failed${where}: ${error.message}.${lastLines(stderr)}`)
  }
  const code = end.kind === 'exited' ? end.code : 1
  return TaskFault.of('runtime', `The script ended with exit code ${code}.${lastLines(stderr)}`)
}
