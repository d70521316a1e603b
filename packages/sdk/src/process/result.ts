/**
 * What the end of a program means for a task, by the specification's `return`. Pure; it runs nothing.
 */
import { constants } from 'node:os'
import { TaskFault } from '../errors.ts'
import type { Json } from '../json.ts'
import type { ProcessEnd, ProcessOutcome } from '../process.ts'

export const returnModes = ['stdout', 'stderr', 'code', 'all', 'none'] as const
export type ReturnMode = (typeof returnModes)[number]

const outputs: Readonly<Record<ReturnMode, (outcome: ProcessOutcome) => Json>> = {
  stdout: ({ stdout }) => stdout,
  stderr: ({ stderr }) => stderr,
  code: ({ end }) => exitCode(end),
  all: ({ end, stdout, stderr }) => ({ code: exitCode(end), stdout, stderr }),
  none: () => null,
}

/** The task's output. Outputs are as they were written: no line end is taken away. */
export function processOutput(outcome: ProcessOutcome, mode: ReturnMode): Json {
  return outputs[mode](outcome)
}

/**
 * Why a program that did not end by itself, or ended by a signal, faults its task; `what` begins the sentence.
 * An exit code is not judged here: what it means depends on the program and on `return`.
 */
export function processFault(what: string, { end, stderr }: ProcessOutcome): TaskFault | undefined {
  if (end.kind === 'exited') return undefined
  if (end.kind === 'killed') {
    return TaskFault.of('runtime', `${what} was killed by ${end.signal}.${lastLines(stderr)}`)
  }
  if (end.kind === 'timed_out') {
    const detail = `${what} was ended after ${end.afterMs} ms: that is its limit (timeout_ms).`
    return TaskFault.of('timeout', detail + lastLines(stderr))
  }
  return TaskFault.of(
    'runtime',
    `${what} wrote more than ${end.bytesMax / 1_048_576} MB to ${end.channel} and was ended. ` +
      'Write less, write to a file, or raise max_output_mb.',
  )
}

const lastLinesMax = 10
const lastCharactersMax = 2000

/** The last lines of standard error as the end of a sentence; nothing where there are none. */
export function lastLines(stderr: string): string {
  const lines = stderr.trimEnd().slice(-lastCharactersMax).split('\n').slice(-lastLinesMax)
  const text = lines.join('\n')
  return text === '' ? '' : ` Last lines of stderr:\n${text}`
}

/** As a shell has it: 128 and the signal's number for a program that a signal ended. */
function exitCode(end: ProcessEnd): number {
  if (end.kind === 'exited') return end.code
  return end.kind === 'killed' ? 128 + constants.signals[end.signal] : 1
}
