/**
 * What a task is given, checked against the `input_schema` of whoever provides it, once all expressions are evaluated and
 * before the module is asked. What a document says outright was refused when it was checked; this is for what only a run
 * knows. An orchestrator gets its task as it is written, which the language describes, so nothing of it is checked here.
 */
import { TaskFault, type Manifest } from '@nexus/sdk'
import { Compile, type Validator } from 'typebox/schema'
import { violations, type JsonSchema } from './schema.ts'

const violationsShownMax = 10

export class InputCheck {
  readonly #schemas: ReadonlyMap<string, JsonSchema>
  /** Made at the first task of each kind. */
  readonly #validators = new Map<string, Validator>()

  constructor({ type, provides = [] }: Pick<Manifest, 'type' | 'provides'>) {
    const checked = type === 'orchestrator' ? [] : provides
    this.#schemas = new Map(
      checked.flatMap(({ task, input_schema: schema }) => (schema === undefined ? [] : [[task, schema]])),
    )
  }

  /** Throws a `TaskFault` of type validation that names every place that is wrong. */
  check(task: string, input: unknown): void {
    const schema = this.#schemas.get(task)
    if (schema === undefined || this.#validatorOf(task, schema).Check(input)) return
    const found = violations(schema, input)
    if (found.length === 0) return
    const shown = found.slice(0, violationsShownMax)
    const told = shown.map(
      ({ pointer, message, hint }) =>
        `\n- ${pointer || '/'}: ${message}${hint === undefined ? '' : ` ${hint}`}`,
    )
    const more = found.length - shown.length
    throw TaskFault.of(
      'validation',
      `This is no input for \`${task}\`:${told.join('')}${more > 0 ? `\n- and ${more} more` : ''}`,
    )
  }

  #validatorOf(task: string, schema: JsonSchema): Validator {
    const known = this.#validators.get(task)
    if (known !== undefined) return known
    const validator = Compile(schema)
    this.#validators.set(task, validator)
    return validator
  }
}
