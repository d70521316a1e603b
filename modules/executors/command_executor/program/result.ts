/** What the end of a program means for its task. Pure; it runs nothing. */
import { TaskFault, type Json } from '@nexus/sdk'
import { lastLines, processFault, processOutput, type ProcessOutcome } from '@nexus/sdk/process'
import { leftOut, type KeptOutput } from '../overflow.ts'
import type { ProgramRequest } from './request.ts'

/** Throws a `TaskFault` where it faulted. */
export function resultOf(request: ProgramRequest, outcome: ProcessOutcome, kept: KeptOutput): Json {
  const fault = floodFault(request, outcome) ?? processFault(request.program, outcome)
  if (fault) throw fault
  const { end } = outcome
  if (end.kind === 'exited' && request.exits !== 'any' && !request.exits.includes(end.code)) {
    const wanted = request.exits.join(', ')
    const expected = wanted === '0' ? '' : ` (expected: ${wanted})`
    throw TaskFault.of(
      'runtime',
      `${request.program} ended with exit code ${end.code}${expected}.${lastLines(outcome.stderr)}`,
    )
  }
  return outputOf(request, outcome, kept)
}

function outputOf({ returns, program }: ProgramRequest, outcome: ProcessOutcome, kept: KeptOutput): Json {
  switch (returns) {
    case 'stdout':
    case 'stderr':
      return kept[returns] ?? outcome[returns]
    case 'lines':
      return kept.stdout ?? linesOf(outcome.stdout)
    case 'json':
      return jsonOf(program, outcome)
    case 'all':
      return { ...(processOutput(outcome, 'all') as object), ...leftOut(kept, outcome) }
    default:
      return processOutput(outcome, returns)
  }
}

/** Without their ends; what comes after the last one is a line where it is not empty. */
function linesOf(text: string): readonly string[] {
  const lines = text.split(/\r?\n/)
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function jsonOf(program: string, { stdout, cut = [] }: ProcessOutcome): Json {
  if (cut.includes('stdout')) {
    const why = 'wrote more than output.max_bytes, so that its output cannot be read as JSON'
    throw TaskFault.of('runtime', `${program} ${why}. Raise it, or ask for return: stdout.`)
  }
  try {
    return JSON.parse(stdout) as Json
  } catch (cause) {
    const beginning = JSON.stringify(stdout.slice(0, 100))
    throw TaskFault.of('runtime', `${program} did not write JSON. What it wrote begins with ${beginning}.`, {
      cause,
    })
  }
}

function floodFault({ program }: ProgramRequest, { end }: ProcessOutcome): TaskFault | undefined {
  if (end.kind !== 'flooded') return undefined
  const what = `${program} wrote more than ${end.bytesMax} bytes to ${end.channel} and was ended`
  return TaskFault.of(
    'runtime',
    `${what}. Write less, raise output.max_bytes, or keep it all with overflow: blob.`,
  )
}
