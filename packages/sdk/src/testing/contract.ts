/**
 * What a module takes and gives, held against what its manifest says of it. For tests: while a run goes on inputs are
 * checked by the host, and outputs are not, since that would cost as much as they are large.
 */
import { Errors } from 'typebox/schema'
import type { ProvidedTask } from '../manifest.ts'

/** Throws an error that names every place where the output is not what `output_schema` says. */
export function checkOutput(provides: readonly ProvidedTask[], task: string, output: unknown): void {
  const provided = provides.find((each) => each.task === task)
  if (provided === undefined) throw new Error(`The manifest provides no task "${task}".`)
  const [fits, errors] = Errors(provided.output_schema ?? true, output)
  if (fits) return
  const told = errors.map(({ instancePath, message }) => `\n- ${instancePath || '/'} ${message}`)
  throw new Error(`The output of ${task} is not what its output_schema says:${told.join('')}`)
}
