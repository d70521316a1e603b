/** `llm.embed`: texts to vectors, in the order of the texts, always asked for as numbers. */
import { TaskFault, type Json, type ModuleContext } from '@nexus/sdk'
import { modelOf, objectOf, wrong } from './chat/request.ts'
import type { Endpoint } from './endpoint.ts'
import { isObject, numberOf } from './settings.ts'
import { usageAndCost } from './usage.ts'

export async function embed(context: ModuleContext, endpoint: Endpoint): Promise<Json> {
  const input = objectOf(context.inputData)
  const texts = textsOf(input['input'] ?? null)
  const model = modelOf(input['model'], endpoint.settings.embeddingModel, 'embedding_model')
  const dimensions = numberOf(input['dimensions'])
  const answer: unknown = await endpoint.ask((client, signal) =>
    client.embeddings.create(
      { input: texts, model, encoding_format: 'float', ...(dimensions !== undefined && { dimensions }) },
      { signal },
    ),
  )
  const { data, model: answered, usage } = isObject(answer) ? answer : {}
  const name = typeof answered === 'string' ? answered : model
  return {
    embeddings: vectorsOf(data, texts.length, endpoint.settings.baseUrl),
    ...usageAndCost(usage, { asked: model, answered: name }, endpoint.settings.prices),
    model: name,
  }
}

function textsOf(input: Json): string[] {
  const texts = typeof input === 'string' ? [input] : Array.isArray(input) ? input : []
  if (texts.length === 0) throw wrong('input', 'a text or a list of texts')
  return texts.map((text: Json) => {
    if (typeof text !== 'string' || text === '')
      throw wrong('input', 'a text or a list of texts, none of them empty')
    return text
  })
}

/** The endpoint says of each vector which text it is of; one that does not gives them in order. */
function vectorsOf(data: unknown, amount: number, baseUrl: string): number[][] {
  const vectors = new Map<number, number[]>()
  for (const [place, entry] of (Array.isArray(data) ? data : []).entries()) {
    const { index, embedding } = isObject(entry) ? entry : {}
    const isVector = Array.isArray(embedding) && embedding.every((part) => numberOf(part) !== undefined)
    if (isVector) vectors.set(numberOf(index) ?? place, embedding.map(Number))
  }
  return Array.from({ length: amount }, (_, place) => {
    const vector = vectors.get(place)
    if (vector) return vector
    const detail = `${baseUrl} gives no list of numbers for text ${place + 1} of ${amount}. Does it have \`encoding_format: float\`?`
    throw TaskFault.of('communication', detail)
  })
}
