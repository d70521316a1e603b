/**
 * `context.analyze`: what is at hand for a goal. It reads the beginnings of files that are named, inside the folders that
 * the configuration allows; it fetches nothing, writes nothing, and does not follow what a file says.
 */
import {
  AnalyzerModule,
  isJsonObject,
  TaskFault,
  type Json,
  type JsonObject,
  type ModuleContext,
} from '@nexus/sdk'
import { clip } from './clip.ts'
import { describeFile } from './file.ts'
import { GoalWords } from './goal_words.ts'
import { remembered } from './memory.ts'
import { isAddress, meantBy, mentionsIn, type Mention } from './mentions.ts'
import { foldersOf, namesIn } from './place.ts'
import { runsLike } from './runs.ts'

const capabilitiesMax = 2_000
const descriptionMax = 500
const schemaLengthMax = 65_536
const filesMax = 50

export class Module extends AnalyzerModule {
  async analyze(context: ModuleContext): Promise<Json> {
    const { goal, files } = readInput(context.inputData)
    const { working_directory: working = '', folders: more = [], sample_rows: rows = 3 } = context.config
    const sampleRows = Number(rows)
    const telling = { sampleRows, words: new GoalWords(goal) }
    const folders = await foldersOf(
      (typeof working === 'string' ? working : '') || process.cwd(),
      (more as Json[]).map(String),
    )
    const capabilities = await capabilitiesOf(context)
    const mentions = mentionsIn(goal)
    const named = new Map<string, Mention>(mentions.files.map((file) => [file.name, file]))
    if (goal !== '')
      for (const file of meantBy(goal, await namesIn(folders.home)))
        if (!named.has(file.name)) named.set(file.name, file)
    for (const name of files) if (!isAddress(name)) named.set(name, { name, certain: true })
    const described: JsonObject[] = []
    for (const mention of [...named.values()].slice(0, filesMax)) {
      context.signal.throwIfAborted()
      const file = await describeFile(mention, folders, telling)
      if (file) described.push(file)
    }
    const addresses = [...new Set([...mentions.addresses, ...files.filter(isAddress)])]
    return {
      capabilities,
      files: [...described, ...addresses.slice(0, filesMax).map(addressOf)],
      runs: await runsLike(goal, context),
      configuration: { working_folder: folders.home, folders: folders.all.slice(1), sample_rows: sampleRows },
      memory: await remembered(goal, capabilities, context),
    }
  }
}

function readInput(input: Json): { readonly goal: string; readonly files: readonly string[] } {
  const { goal, files } = isJsonObject(input) ? input : {}
  if (![undefined, null].includes(goal as null) && typeof goal !== 'string')
    throw TaskFault.of('validation', '`goal` of context.analyze is a text.')
  const list = files ?? []
  if (!Array.isArray(list) || !list.every((file) => typeof file === 'string'))
    throw TaskFault.of('validation', '`files` of context.analyze is a list of names of files.')
  return { goal: typeof goal === 'string' ? goal : '', files: list }
}

async function capabilitiesOf(context: ModuleContext): Promise<JsonObject[]> {
  const answer = await context.call('service_router.capabilities', {})
  const list = isJsonObject(answer) ? answer['capabilities'] : undefined
  if (!Array.isArray(list))
    throw TaskFault.of('runtime', 'service_router.capabilities gave no list `capabilities`.')
  return (list as Json[]).filter(isJsonObject).slice(0, capabilitiesMax).map(bounded)
}

/** With a description that is short, and without a schema that is a book. */
function bounded(capability: JsonObject): JsonObject {
  const { description, input_schema: input = true, output_schema: output = true } = capability
  const fits = (schema: Json): Json => (JSON.stringify(schema).length <= schemaLengthMax ? schema : true)
  const about = typeof description === 'string' ? clip(description, descriptionMax) : ''
  return { ...capability, description: about, input_schema: fits(input), output_schema: fits(output) }
}

/** Listed, never fetched; who it is asked as is left out. */
function addressOf(address: string): JsonObject {
  const shown = address.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i, '$1')
  return { name: clip(shown), state: 'address' }
}
