/**
 * How data goes into a task or workflow and comes out of it: schemas and transformations.
 */
import type { Static } from 'typebox'
import {
  anyObject,
  anything,
  closed,
  either,
  expression,
  mark,
  optional,
  reference,
  text,
} from './describe.ts'
import { externalResource } from './endpoint.ts'

const SchemaRule = closed(
  'schema',
  'What the data must look like.',
  {
    format: optional(
      text('The language of the schema; json is the only one.', {
        title: 'json or json:VERSION',
        pattern: '^json(:.+)?$',
      }),
    ),
    document: optional(anything('The JSON Schema itself.', mark({ jsonSchema: true }))),
    resource: optional(externalResource('Where the schema is found.')),
  },
  mark({ exactlyOne: [['document', 'resource']] }),
)

const transformation = (description: string) =>
  optional(
    either(
      'an expression, or an object with expressions in it',
      [expression(description), anyObject('An object; strings in it that are wholly ${ … } are evaluated.')],
      description,
    ),
  )

export const inputDefinition = closed('input', 'What comes in.', {
  schema: optional(SchemaRule),
  from: transformation('Makes the input out of the raw input.'),
})
export type Input = Static<typeof inputDefinition>
export const input = (description: string) => reference<Input>('input', description)

export const outputDefinition = closed('output', 'What goes out.', {
  schema: optional(SchemaRule),
  as: transformation('Makes the output out of the raw output.'),
})
export type Output = Static<typeof outputDefinition>
export const output = (description: string) => reference<Output>('output', description)

export const exportDefinition = closed('export', 'What goes into the context.', {
  schema: optional(SchemaRule),
  as: transformation('Makes the new context out of the output.'),
})
export type Export = Static<typeof exportDefinition>
export const exportRule = (description: string) => reference<Export>('export', description)
