/**
 * The specification's data flow around a task and a workflow: check the input, transform it, transform the output,
 * check it, export to the context. Pure functions: they read a scope and give a value, and record nothing.
 * Source: DSL 1.0.3, "Data Flow".
 */
import { TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { Compile, type Validator } from 'typebox/schema'
import { evaluateExpression, type Scope } from './expressions.ts'
import { evaluateTemplate, recordable } from './template.ts'

/** `input`, `output` or `export` of a task or workflow, as far as data flow reads it. */
export interface InputRule {
  readonly schema?: SchemaRule | undefined
  readonly from?: unknown
}
export interface OutputRule {
  readonly schema?: SchemaRule | undefined
  readonly as?: unknown
}
export interface SchemaRule {
  readonly format?: string | undefined
  readonly document?: unknown
}

/** The raw input is checked against `schema`, then transformed by `from`; the identity where there is none. */
export function transformInput(rule: InputRule | undefined, raw: Json, scope: Scope): Json {
  if (rule === undefined) return raw
  checkSchema(rule.schema, raw, 'input')
  return transform(rule.from, raw, scope)
}

/** The raw output is transformed by `as`, then checked against `schema`. */
export function transformOutput(rule: OutputRule | undefined, raw: Json, scope: Scope): Json {
  if (rule === undefined) return raw
  const output = transform(rule.as, raw, scope)
  checkSchema(rule.schema, output, 'output')
  return output
}

/** The new context: `as` evaluated on the transformed output, then checked against `schema`. */
export function exportContext(rule: OutputRule, output: Json, context: Json, scope: Scope): Json {
  const exported = rule.as === undefined ? context : transform(rule.as, output, scope)
  checkSchema(rule.schema, exported, 'exported context')
  return exported
}

/** A condition, as jq has truth: everything but false and null. */
export function isTrue(expression: string, input: Json, scope: Scope): boolean {
  const value = evaluateExpression(expression, input, scope)
  return value !== false && value !== null
}

/** A string is an expression, an object a template of expressions. */
function transform(rule: unknown, value: Json, scope: Scope): Json {
  if (rule === undefined) return value
  if (typeof rule === 'string') return recordable(evaluateExpression(rule, value, scope))
  return evaluateTemplate(rule as Json, value, scope)
}

const validators = new WeakMap<object, Validator>()
const shownErrorsMax = 5

function checkSchema(rule: SchemaRule | undefined, value: Json, what: string): void {
  const document = rule?.document
  if (typeof document !== 'object' || document === null) return
  const validator = validatorOf(document)
  if (validator.Check(value)) return
  const [, errors] = validator.Errors(value)
  const shown = errors
    .slice(0, shownErrorsMax)
    .map((error) => `${error.instancePath || '/'} ${error.message}`)
  const more = errors.length > shownErrorsMax ? `; and ${errors.length - shownErrorsMax} more` : ''
  throw TaskFault.of('validation', `The ${what} does not match its schema: ${shown.join('; ')}${more}.`)
}

function validatorOf(document: object): Validator {
  let validator = validators.get(document)
  if (!validator) {
    validator = Compile(document as JsonObject) as unknown as Validator
    validators.set(document, validator)
  }
  return validator
}
