/**
 * Tables of cases: a program, an input, and the outputs. Every case runs in all the ways there are (lazily on the
 * machine, as a first output, collected in an array, and inside a recursive function), on a frozen input, and all
 * must agree.
 */
import { expect, test } from 'vitest'
import {
  compile,
  type CompileOptions,
  type Json,
  JqRuntimeError,
  type RunOptions,
  type Variables,
} from '../src/index.ts'

export type Row = readonly [program: string, input: Json, ...outputs: Json[]]

export interface World {
  readonly options?: CompileOptions
  readonly variables?: Variables
  readonly run?: RunOptions
}

export function table(rows: readonly Row[], world: World = {}): void {
  for (const [program, input, ...outputs] of rows) {
    test(`\`${program}\` on ${shorten(input)} gives ${outputs.map(shorten).join(', ') || 'nothing'}`, () => {
      expectOutputs(program, input, outputs, world)
    })
  }
}

/** Programs that raise, with the text that `catch` sees. */
export function failures(
  rows: readonly (readonly [program: string, input: Json, message: Json])[],
  world: World = {},
): void {
  for (const [program, input, message] of rows) {
    test(`\`${program}\` on ${shorten(input)} raises ${shorten(message)}`, () => {
      expect(caught(() => [...run(program, input, world)])).toEqual(message)
      expectOutputs(`try (${program}) catch .`, input, [message], world)
    })
  }
}

export function expectOutputs(
  program: string,
  input: Json,
  outputs: readonly Json[],
  world: World = {},
): void {
  freeze(input)
  const through = (text: string) => compile(text, world.options).first(input, world.variables, world.run)
  expect([...run(program, input, world)]).toEqual(outputs)
  expect(through(program)).toEqual(outputs[0])
  if (/^(?:import|include|module)\b/.test(program)) return
  expect(through(`[${program}\n]`)).toEqual(outputs)
  expect(through(`def again(f): if . == "never" then again(f) else f end; [again(${program}\n)]`)).toEqual(
    outputs,
  )
}

export function run(program: string, input: Json, world: World = {}): Generator<Json, void> {
  return compile(program, world.options)(input, world.variables, world.run)
}

/** What a failed program's `catch` would have seen. */
export function caught(work: () => unknown): Json {
  try {
    work()
  } catch (error) {
    if (error instanceof JqRuntimeError) return error.value
    throw error
  }
  throw new Error('nothing was raised')
}

function shorten(value: Json): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

function freeze(value: Json): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  for (const child of Object.values(value)) freeze(child)
}
