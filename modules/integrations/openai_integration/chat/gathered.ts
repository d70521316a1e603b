/**
 * An answer, gathered from the pieces in which it comes, or from the whole. What an endpoint sends is read as what it may
 * be, not as what it should be. It judges nothing.
 */
import type { Json, JsonObject } from '@nexus/sdk'
import { isObject } from '../settings.ts'

export interface CalledTool {
  readonly id: string
  readonly name: string
  /** JSON, as the model wrote it. */
  readonly arguments: string
}

export interface Listener {
  text(piece: string): void
  /** What a model thinks before it answers, where the endpoint shows it. */
  thought(piece: string): void
}

export class Gathered {
  text = ''
  refusal = ''
  finishReason: string | undefined
  model: string | undefined
  usage: unknown
  readonly #tools = new Map<number, { id: string; name: string; arguments: string }>()
  readonly #listener: Listener

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** A chunk of a stream, or a whole completion: they differ in the name of one member. */
  add(piece: unknown): void {
    const { choices, model, usage } = isObject(piece) ? piece : {}
    if (typeof model === 'string' && model !== '') this.model = model
    if (isObject(usage)) this.usage = usage
    const choice: unknown = Array.isArray(choices) ? choices[0] : undefined
    if (!isObject(choice)) return
    const said = choice['delta'] ?? choice['message']
    if (isObject(said)) this.#hear(said)
    if (typeof choice['finish_reason'] === 'string') this.finishReason = choice['finish_reason']
  }

  #hear(said: Readonly<Record<string, unknown>>): void {
    const text = textOf(said['content'])
    const thought = textOf(said['reasoning_content'] ?? said['reasoning'])
    this.text += text
    this.refusal += textOf(said['refusal'])
    if (text !== '') this.#listener.text(text)
    if (thought !== '') this.#listener.thought(thought)
    const { tool_calls: calls } = said
    for (const call of Array.isArray(calls) ? calls : []) this.#hearCall(call)
  }

  /** A call comes in pieces of one index; where there is none, what has an id begins another. */
  #hearCall(call: unknown): void {
    if (!isObject(call)) return
    const { index, id, function: called } = call
    const last = this.#tools.size - 1
    const place = typeof index === 'number' ? index : typeof id === 'string' || last < 0 ? last + 1 : last
    const tool = this.#tools.get(place) ?? { id: '', name: '', arguments: '' }
    const { name, arguments: written } = isObject(called) ? called : {}
    tool.id ||= textOf(id)
    tool.name ||= textOf(name)
    // Some endpoints give the arguments as an object.
    tool.arguments += isObject(written) ? JSON.stringify(written) : textOf(written)
    this.#tools.set(place, tool)
  }

  get tools(): readonly CalledTool[] {
    const places = [...this.#tools.keys()].toSorted((a, b) => a - b)
    return places.flatMap((place) => this.#tools.get(place) ?? [])
  }

  /** As the API takes it back in `messages`. */
  message(): JsonObject {
    const calls = this.tools.map(({ id, ...called }): Json => ({
      id,
      type: 'function',
      function: { ...called },
    }))
    return {
      role: 'assistant',
      content: this.text === '' && (calls.length > 0 || this.refusal !== '') ? null : this.text,
      ...(this.refusal !== '' && { refusal: this.refusal }),
      ...(calls.length > 0 && { tool_calls: calls }),
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
