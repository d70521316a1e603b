/**
 * What the shape check finds on its way besides problems: the places that the checks after it look at.
 */
import type { Json, JsonObject } from '@nexus/sdk'
import type { Mark, UseTable } from '../schema/describe.ts'

/** A text in the document, how it is read, and the variables that an expression there may mention. */
export interface TextSite {
  readonly pointer: string
  readonly text: string
  readonly reading: NonNullable<Mark['text']> | 'wrapped'
  readonly variables: Variables
}

/** Variables besides those of the specification. The same object for the same set. */
export interface Variables {
  readonly names: readonly string[]
}

/** A text that names an entry of a table of `use`. */
export interface NameSite {
  readonly pointer: string
  readonly name: string
  readonly table: UseTable
}

export interface ListSite {
  readonly pointer: string
  /** The tasks do not follow each other. */
  readonly parallel: boolean
  readonly tasks: readonly ListedTask[]
}

export interface ListedTask {
  readonly name: string
  readonly pointer: string
  readonly task: JsonObject
}

export interface CallSite {
  readonly pointer: string
  readonly call: string
  readonly task: JsonObject
}

export interface SchemaSite {
  readonly pointer: string
  readonly schema: Json
}

export class Findings {
  readonly texts: TextSite[] = []
  readonly names: NameSite[] = []
  readonly lists: ListSite[] = []
  readonly calls: CallSite[] = []
  readonly schemas: SchemaSite[] = []
}
