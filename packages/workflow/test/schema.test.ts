/** The JSON Schema says the same as the shape check, as far as a schema can say it. */
import { Compile } from 'typebox/schema'
import { describe, expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { parseWorkflow, workflowSchema } from '../src/index.ts'
import { head, validTasks, withTask } from './documents.ts'

const validator = Compile(JSON.parse(JSON.stringify(workflowSchema)))
const accepts = (text: string): boolean => validator.Check(parseDocument(text).toJS())

describe('the schema for editors', () => {
  test.each(Object.entries(validTasks))('accepts %s', (_name, task) => {
    expect(accepts(withTask(task))).toBe(true)
  })

  test.each([
    '{call: http, wiht: {}}',
    '{call: http, with: {method: get}}',
    '{call: nexus.dag, with: {}}',
    '{run: {script: {language: js, code: a}, shell: {command: ls}}}',
    '{listen: {to: {one: {with: {}}}}}',
    '{wait: 5 minutes}',
    '{set: {}}',
    '{set: {x: 1}, wait: PT1S}',
    '{cal: http}',
    '{do: {a: {set: {x: 1}}}}',
    '{do: [{a: {set: {x: 1}}, b: {set: {x: 1}}}]}',
    '{switch: []}',
  ])('refuses %s, as reading does', (task) => {
    expect(accepts(withTask(task))).toBe(false)
    expect(parseWorkflow(withTask(task)).document).toBeUndefined()
  })

  test('refuses a document without tasks', () => {
    expect(accepts(head)).toBe(false)
  })

  test('describes every part for whoever writes one', () => {
    const bare: string[] = []
    const visit = (value: unknown, path: string): void => {
      if (typeof value !== 'object' || value === null) return
      const { properties } = value as {
        properties?: Record<string, { description?: string; const?: unknown }>
      }
      for (const [key, property] of Object.entries(properties ?? {})) {
        const isConstant = property.const !== undefined
        if (property.description === undefined && !isConstant) bare.push(`${path}/${key}`)
      }
      for (const [key, member] of Object.entries(value)) visit(member, `${path}/${key}`)
    }
    visit(JSON.parse(JSON.stringify(workflowSchema)), '')
    expect(bare).toEqual([])
  })

  test('says its draft and refers only to what it holds', () => {
    expect(workflowSchema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' })
    const text = JSON.stringify(workflowSchema)
    const { $defs } = JSON.parse(text) as { $defs: object }
    const references = [...text.matchAll(/"\$ref":"#\/\$defs\/(\w+)"/g)].map((match) => match[1])
    expect(references.filter((name) => !Object.hasOwn($defs, name ?? ''))).toEqual([])
  })
})
