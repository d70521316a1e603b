/**
 * The expressions of a task and what they refer to, without those of the tasks inside it. Also which of them look at
 * the task's input: those of `output` and `export` have its output as `.`.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { referencesIn, type References } from '../expression/references.ts'
import { contextWriteOf, onlyAdds, unwrapped } from './context.ts'
import type { InnerList } from './entry.ts'

export interface Used {
  readonly input: boolean
  readonly mentions: Set<string>
  readonly context: Set<string>
  readonly variables: Set<string>
}

export function usedBy(task: JsonObject, lists: readonly InnerList[]): Used {
  const used = { mentions: new Set<string>(), context: new Set<string>(), variables: new Set<string>() }
  const { input, output, export: exported, if: condition, then: _then, metadata: _, ...definition } = task
  const note = (texts: readonly string[]): References[] =>
    texts.map((text) => {
      const references = referencesIn(text)
      for (const { name, key } of references.variables) {
        if (name === 'tasks' && key !== undefined) used.mentions.add(key)
        else if (name === 'context') used.context.add(key ?? '*')
        else if (!ambient.has(name)) used.variables.add(name)
      }
      return references
    })
  const raw = note([...expressionsOf(condition, true)])
  const from = note([...expressionsOf(member(input, 'from'), true)])
  const own = note(definitionTexts(definition, lists))
  const after = note([...expressionsOf(member(output, 'as'), true)])
  noteExport(exported, note, after, used.context)
  const reads = (all: readonly References[]): boolean => all.some((references) => references.input)
  const asInput = reads(own) || usesTemplate(task) || [...after].some(namesInput)
  const isFiltered = member(input, 'from') !== undefined
  return { ...used, input: reads(raw) || reads(from) || (asInput && !isFiltered) }
}

const ambient: ReadonlySet<string> = new Set(
  'tasks context input output task workflow runtime secrets authorization ENV __loc__'.split(' '),
)

function noteExport(
  exported: Json | undefined,
  note: (texts: readonly string[]) => References[],
  after: References[],
  context: Set<string>,
): void {
  const as = member(exported, 'as')
  const kept = new Set(context)
  after.push(...note([...expressionsOf(as, true)]))
  // `$context + {…}` looks at the context only to keep what is there.
  const once = onlyAdds(contextWriteOf(as)) && countOf(as, '$context') === 1
  if (once && !kept.has('*')) context.delete('*')
}

function countOf(value: Json | undefined, text: string): number {
  return typeof value === 'string' ? value.split(text).length - 1 : 0
}

function namesInput({ variables }: References): boolean {
  return variables.some(({ name, key }) => name === 'input' || (name === 'task' && key !== 'name'))
}

/** An address such as `https://example.com/{id}` takes its members from the input. */
function usesTemplate({ call, with: given }: JsonObject): boolean {
  if (call !== 'http') return false
  const endpoint = member(given, 'endpoint')
  const uri = typeof endpoint === 'string' ? endpoint : member(endpoint, 'uri')
  if (typeof uri !== 'string' || uri.trimStart().startsWith('${')) return false
  const begin = uri.indexOf('{')
  return begin >= 0 && uri.includes('}', begin)
}

/** Members that hold an expression without `${ }`, by the member that they stand in. */
const bare: Readonly<Record<string, readonly string[]>> = {
  '': ['while'],
  for: ['in', 'while'],
  catch: ['when', 'exceptWhen'],
  with: [],
}

function definitionTexts(definition: JsonObject, lists: readonly InnerList[]): string[] {
  const skipped = new Set<Json>(lists.map(({ tasks }) => tasks as Json))
  const texts = [...expressionsOf(definition, false, skipped)]
  for (const [place, keys] of Object.entries(bare)) {
    const holder = place === '' ? definition : definition[place]
    for (const key of keys) texts.push(...expressionsOf(member(holder, key), true))
  }
  if (definition['call'] === 'nexus.map') texts.push(...expressionsOf(member(definition['with'], 'in'), true))
  for (const [, item] of casesOf(definition)) texts.push(...expressionsOf(item['when'], true))
  return texts
}

export function casesOf(task: JsonObject): readonly (readonly [string, JsonObject])[] {
  const cases = Array.isArray(task['switch']) ? (task['switch'] as readonly Json[]) : []
  return cases
    .filter(isJsonObject)
    .flatMap((item) => Object.entries(item))
    .filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]))
}

/** Every expression in a value. `isBare`: a text that is the value itself needs no `${ }`. Without recursion. */
function* expressionsOf(
  value: Json | undefined,
  isBare: boolean,
  skipped: ReadonlySet<Json> = new Set(),
): Generator<string> {
  if (value === undefined) return
  if (typeof value === 'string' && isBare) return yield unwrapped(value)
  const left: Json[] = [value]
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (typeof next === 'string') {
      const text = next.trim()
      if (text.startsWith('${') && text.endsWith('}')) yield text.slice(2, -1)
    } else if (typeof next === 'object' && next !== null && !skipped.has(next)) {
      for (const inner of Object.values(next)) left.push(inner)
    }
  }
}

function member(value: Json | undefined, key: string): Json | undefined {
  return value !== undefined && isJsonObject(value) ? value[key] : undefined
}
