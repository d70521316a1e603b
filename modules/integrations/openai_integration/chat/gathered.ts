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
  readonly #tools: { id: string; name: string; arguments: string }[] = []
  /** Where the call of an index stands. */
  readonly #places = new Map<number, number>()
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

  /**
   * A call comes in pieces of one index; where there is none, what has an id begins another. So does another id under an
   * index that is taken: there are endpoints that give every call the same.
   */
  #hearCall(call: unknown): void {
    if (!isObject(call)) return
    const { index, id, function: called } = call
    const tool = this.#toolAt(typeof index === 'number' ? index : undefined, textOf(id))
    const { name, arguments: written } = isObject(called) ? called : {}
    tool.id ||= textOf(id)
    tool.name ||= textOf(name)
    // Some endpoints give the arguments as an object.
    tool.arguments += isObject(written) ? JSON.stringify(written) : textOf(written)
  }

  #toolAt(index: number | undefined, id: string): { id: string; name: string; arguments: string } {
    const place = index === undefined ? this.#tools.length - 1 : (this.#places.get(index) ?? -1)
    const known = this.#tools[place]
    const isAnother = id !== '' && (index === undefined || (known?.id !== '' && known?.id !== id))
    if (known && !isAnother) return known
    const begun = { id: '', name: '', arguments: '' }
    const length = this.#tools.push(begun)
    if (index !== undefined) this.#places.set(index, length - 1)
    return begun
  }

  get tools(): readonly CalledTool[] {
    return this.#tools
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
