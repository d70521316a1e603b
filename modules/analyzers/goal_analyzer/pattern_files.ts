/**
 * Where patterns come from: the file of this module, files that a user drops into the folders of `patterns_folders`, and
 * `patterns` of capabilities in the catalogue. All are data of the same schema; what is wrong in one is a fault that
 * names it. Files are read anew for each plan, so that a new one counts at once.
 */
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { Compile } from 'typebox/schema'
import builtIn from './patterns.json' with { type: 'json' }
import schema from './patterns.schema.json' with { type: 'json' }
import type { Capability, Catalogue } from './catalogue.ts'
import { isKnownDoing } from './plan/document.ts'
import { slotReaders } from './grammar/parser.ts'
import { nodesOf } from './grammar/template.ts'
import {
  vocabularyOf,
  VocabularyError,
  type OwnedSource,
  type Vocabulary,
  type VocabularySource,
} from './grammar/vocabulary.ts'

const validator = Compile(schema as JsonObject)

const filesMax = 200
const fileBytesMax = 1_048_576

export class PatternFiles {
  readonly #folders: readonly string[]
  #cached: { key: string; vocabulary: Vocabulary } | undefined

  constructor(folders: readonly string[]) {
    this.#folders = folders
  }

  async vocabulary(catalogue: Catalogue): Promise<Vocabulary> {
    const texts = (await Promise.all(this.#folders.map(readFolder))).flat()
    const brought = catalogue.capabilities.filter(({ patterns }) => patterns.length > 0)
    const key = JSON.stringify([texts, brought.map(({ task, patterns }) => [task, patterns])])
    if (this.#cached?.key === key) return this.#cached.vocabulary
    const sources = [
      builtInSource,
      ...brought.map(sourceOf),
      ...texts.map(({ path, text }) => readSource(path, text)),
    ]
    const vocabulary = compiled(sources)
    this.#cached = { key, vocabulary }
    return vocabulary
  }
}

const builtInSource: OwnedSource = { ...(builtIn as VocabularySource), from: 'patterns.json' }

async function readFolder(folder: string): Promise<{ path: string; text: string }[]> {
  const full = resolve(folder)
  const names = await readdir(full).catch((error: unknown) => {
    throw TaskFault.of(
      'configuration',
      `The folder of patterns ${full} cannot be read (patterns_folders): ${String(error)}`,
      { cause: error },
    )
  })
  const files = names.filter((name) => name.endsWith('.json')).toSorted()
  if (files.length > filesMax)
    throw TaskFault.of('configuration', `${full} has more than ${filesMax} files of patterns.`)
  return Promise.all(files.map((name) => readBounded(join(full, name))))
}

async function readBounded(path: string): Promise<{ path: string; text: string }> {
  const { size } = await stat(path)
  if (size > fileBytesMax)
    throw TaskFault.of('configuration', `${path} is larger than ${fileBytesMax} bytes.`)
  return { path, text: await readFile(path, 'utf8') }
}

function readSource(path: string, text: string): OwnedSource {
  try {
    return checked(JSON.parse(text) as Json, path)
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw TaskFault.of('configuration', `${path} is no JSON: ${error.message}`, { cause: error })
  }
}

function sourceOf({ task, patterns }: Capability): OwnedSource {
  return { ...checked({ patterns }, `the patterns of ${task}`), owner: task }
}

function checked(value: Json, from: string): OwnedSource {
  const [isValid, errors] = validator.Errors(value)
  if (!isValid || !isJsonObject(value)) {
    const first = errors[0]
    throw TaskFault.of(
      'configuration',
      `${from} is no file of patterns: ${first?.instancePath || '/'} ${first?.message ?? ''}. See patterns.schema.json.`,
    )
  }
  return { ...(value as VocabularySource), from }
}

function compiled(sources: readonly OwnedSource[]): Vocabulary {
  try {
    const vocabulary = vocabularyOf(sources)
    refuseStrangers(vocabulary)
    return vocabulary
  } catch (error) {
    if (!(error instanceof VocabularyError)) throw error
    throw TaskFault.of('configuration', error.message, { cause: error })
  }
}

/** Types of slots and modifiers that nobody knows. */
function refuseStrangers({ patterns, modifiers }: Vocabulary): void {
  for (const { id, templates, modifiers: named, does } of patterns) {
    if (does !== 'task' && !isKnownDoing(does))
      throw new VocabularyError(`The pattern "${id}" does "${does}", which nobody knows how to do.`)
    for (const node of templates.flatMap((template) => [...nodesOf(template)]))
      if (node.kind === 'slot' && !slotReaders.has(node.type))
        throw new VocabularyError(
          `The pattern "${id}" has a slot of the type "${node.type}". There are: ${[...slotReaders.keys()].join(', ')}.`,
        )
    const strange = named.find((name) => !modifiers.has(name))
    if (strange !== undefined)
      throw new VocabularyError(
        `The pattern "${id}" has a modifier "${strange}". There are: ${[...modifiers.keys()].join(', ')}.`,
      )
  }
}
