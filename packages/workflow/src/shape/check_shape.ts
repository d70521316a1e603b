/**
 * Checks a document against the workflow schema and says what is wrong in words. A plain JSON Schema validator answers
 * a mistake in one task with the errors of all twelve kinds; this walk decides first which shape is meant, by the keys
 * that are there, and then reports against that shape only. What is and what is not valid is the schema's to say.
 */
import { isJsonObject, type Json, type JsonObject, nearest } from '@nexus/sdk'
import { memberPointer } from '../pointers.ts'
import { nameList } from '../suggestion.ts'
import { markOf, type Mark } from '../schema/describe.ts'
import { definitions, workflowSchema } from '../schema/workflow.ts'
import type { Report } from '../source/report.ts'
import { Findings, type Variables } from './findings.ts'
import { capital, found, place, typeHint } from './phrases.ts'
import { checkKeys } from './keys.ts'
import { shapeOf, type Shape } from './shape.ts'
import { visitTask, visitTaskList } from './tasks.ts'

/** `variables`: what every expression sees besides the standard ones. */
export function checkShape(document: Json, report: Report, variables: readonly string[] = []): Findings {
  const walk = new ShapeWalk(report)
  walk.visit(shapeOf(workflowSchema), document, { pointer: '', variables: { names: variables } })
  return walk.findings
}

/** Where the walk is: the pointer, and the variables that expressions see there. */
export interface At {
  readonly pointer: string
  readonly variables: Variables
}

export class ShapeWalk {
  readonly report: Report
  readonly findings = new Findings()
  readonly #variables = new Map<string, Variables>()

  constructor(report: Report) {
    this.report = report
  }

  visit(shape: Shape, value: Json, at: At): void {
    const mark = markOf(shape)
    if (mark?.jsonSchema) {
      this.findings.schemas.push({ pointer: at.pointer, schema: value })
    } else if (shape.$ref !== undefined) this.#visitReference(shape.$ref, mark, value, at)
    else if (shape.anyOf) this.#visitEither(shape, shape.anyOf, value, at)
    else if (shape.type === undefined) this.#visitAnything(mark, value, at)
    else this.#visitTyped(shape, value, at)
  }

  #visitReference(reference: string, mark: Mark | undefined, value: Json, at: At): void {
    const name = reference.slice('#/$defs/'.length)
    if (name === 'task_list') visitTaskList(this, value, at, mark?.parallel === true)
    else if (name === 'task') visitTask(this, value, at)
    else this.visit(resolve({ $ref: reference }), value, at)
  }

  /** Objects and lists have one shape among the alternatives at most; texts and numbers may have several. */
  #visitEither(shape: Shape, alternatives: readonly Shape[], value: Json, at: At): void {
    const candidates = alternatives.map(resolve).filter((candidate) => accepts(candidate, value))
    const isContainer = typeof value === 'object' && value !== null
    const chosen = isContainer
      ? candidates[0]
      : candidates.find((candidate) => scalarProblem(candidate, value) === undefined)
    if (chosen) return this.visit(chosen, value, at)
    this.#wrong(at, value, shape.title ?? 'something else')
  }

  #visitTyped(shape: Shape, value: Json, at: At): void {
    if (!accepts(shape, value)) return this.#wrong(at, value, typeName(shape))
    if (Array.isArray(value)) return this.#visitList(shape, value, at)
    if (isJsonObject(value)) return this.visitObject(shape, value, at)
    const expected = scalarProblem(shape, value)
    if (expected !== undefined) return this.#wrong(at, value, expected, shape.enum)
    if (typeof value === 'string') this.#text(value, markOf(shape), at)
  }

  #visitList(shape: Shape, items: readonly Json[], at: At): void {
    if (items.length < (shape.minItems ?? 0)) {
      const message = `${capital(place(at.pointer))} needs at least ${shape.minItems} ${shape.minItems === 1 ? 'item' : 'items'}.`
      this.report.on(at.pointer, 'key', { code: 'too_few', message })
    }
    const item = shape.items ?? {}
    for (const [index, member] of items.entries()) {
      this.visit(item, member, { ...at, pointer: memberPointer(at.pointer, index) })
    }
  }

  visitObject(shape: Shape, object: JsonObject, at: At): void {
    checkKeys(this.report, shape, object, at.pointer)
    const binds = markOf(shape)?.binds
    const bound = binds && this.variables(at.variables, binds, object)
    const others =
      typeof shape.additionalProperties === 'object' ? shape.additionalProperties : anyShape(shape)
    for (const [key, member] of Object.entries(object)) {
      const known =
        shape.properties && Object.hasOwn(shape.properties, key) ? shape.properties[key] : undefined
      if (known === undefined && shape.additionalProperties === false) continue
      const variables = bound && binds.inside.includes(key) ? bound : at.variables
      this.visit(known ?? others, member, { pointer: memberPointer(at.pointer, key), variables })
    }
  }

  #visitAnything(mark: Mark | undefined, value: Json, at: At): void {
    if (mark?.text === 'plain') return
    if (typeof value === 'string') return this.#text(value, mark, at)
    if (typeof value !== 'object' || value === null) return
    for (const [key, member] of Object.entries(value)) {
      this.#visitAnything(mark, member, { ...at, pointer: memberPointer(at.pointer, key) })
    }
  }

  #text(text: string, mark: Mark | undefined, at: At): void {
    if (mark?.use) this.findings.names.push({ pointer: at.pointer, name: text, table: mark.use })
    else if (mark?.text !== 'plain') {
      this.findings.texts.push({ ...at, text, reading: mark?.text ?? 'wrapped' })
    }
  }

  /** The variables inside an object that brings some into scope, by the names that its author gave them. */
  variables(outer: Variables, binds: NonNullable<Mark['binds']>, object: JsonObject): Variables {
    const added = binds.variables.map(({ at, otherwise }) => {
      const name = at.reduce<Json | undefined>(
        (value, key) => (isJsonObject(value) ? value[key] : undefined),
        object,
      )
      return at.length > 0 && typeof name === 'string' ? name : otherwise
    })
    const names = [...new Set([...outer.names, ...added])]
    const key = names.join(' ')
    const known = this.#variables.get(key)
    if (known) return known
    const fresh = { names }
    this.#variables.set(key, fresh)
    return fresh
  }

  #wrong(at: At, value: Json, expected: string, words: readonly string[] = []): void {
    const near = typeof value === 'string' ? nearest(value, words) : undefined
    this.report.on(at.pointer, 'value', {
      code: words.length > 0 ? 'wrong_value' : 'wrong_type',
      message: `${capital(place(at.pointer))} must be ${expected}; found ${found(value)}.`,
      hint: near === undefined ? typeHint(expected, value) : `Did you mean \`${near}\`?`,
    })
  }
}

/** Members of an object of any keys are anything, read as the object itself is marked. */
function anyShape(shape: Shape): Shape {
  const mark = markOf(shape)
  return mark?.text === undefined ? {} : { 'x-nexus': { text: mark.text } }
}

export function resolve(shape: Shape): Shape {
  if (shape.$ref === undefined) return shape
  const name = shape.$ref.slice('#/$defs/'.length)
  return (definitions as Readonly<Record<string, Shape>>)[name] ?? shape
}

function accepts(shape: Shape, value: Json): boolean {
  if (shape.anyOf) return shape.anyOf.some((alternative) => accepts(resolve(alternative), value))
  switch (shape.type) {
    case 'object':
      return isJsonObject(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
    case 'number':
      return typeof value === 'number'
    case undefined:
      return true
    default:
      return typeof value === shape.type
  }
}

function typeName(shape: Shape): string {
  if (shape.enum) return `one of ${nameList(shape.enum)}`
  switch (shape.type) {
    case 'object':
      return 'an object'
    case 'array':
      return 'a list'
    case 'integer':
      return 'a whole number'
    case 'number':
      return 'a number'
    case 'boolean':
      return 'true or false'
    default:
      return 'a text'
  }
}

/** What a value of the right type should have been, or undefined where it is that. */
function scalarProblem(shape: Shape, value: Json): string | undefined {
  if (shape.const !== undefined && value !== shape.const) return `\`${JSON.stringify(shape.const)}\``
  if (typeof value === 'string') return textProblem(shape, value)
  if (typeof value !== 'number') return undefined
  if (shape.type === 'integer' && !Number.isInteger(value)) return 'a whole number'
  if (shape.minimum !== undefined && value < shape.minimum) return `at least ${shape.minimum}`
  if (shape.maximum !== undefined && value > shape.maximum) return `at most ${shape.maximum}`
  return undefined
}

function textProblem(shape: Shape, text: string): string | undefined {
  if (shape.enum && !shape.enum.includes(text)) return `one of ${nameList(shape.enum)}`
  if (text.length < (shape.minLength ?? 0)) return shape.title ?? 'a text that is not empty'
  if (shape.not?.enum?.includes(text)) return shape.title ?? 'another text'
  if (shape.pattern !== undefined && !patternOf(shape.pattern).test(text))
    return shape.title ?? `a text like ${shape.pattern}`
  return undefined
}

const patterns = new Map<string, RegExp>()

function patternOf(source: string): RegExp {
  const known = patterns.get(source)
  if (known) return known
  const pattern = new RegExp(source, 'u')
  patterns.set(source, pattern)
  return pattern
}
