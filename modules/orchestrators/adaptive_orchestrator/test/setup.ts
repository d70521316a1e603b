/** A `try` whose list is played by functions, one for each attempt, and whose expressions are names of variables. */
import { systemClock, TaskFault, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import { testContext, type TestTask } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

export interface World {
  catch?: JsonObject
  /** Plays the attempts in order; the last plays all that follow. */
  attempts?: readonly TestTask[]
  handler?: TestTask
  config?: JsonObject
  /** What expressions give; one that is not here is an error of the test. */
  expressions?: Readonly<Record<string, Json>>
  /** What the recorded time is, call after call. */
  times?: readonly number[]
  random?: number
  clock?: Clock
  signal?: AbortSignal
}

export function setup(world: World = {}) {
  const { attempts = [fails()], handler, expressions = {}, times = [], ...rest } = world
  const evaluated: { expression: string; variables: JsonObject }[] = []
  let attempt = 0
  let time = 0
  const context = testContext({
    inputData: { try: [{ one: { set: {} } }], catch: world.catch ?? {} },
    input: 'in',
    tasks: {
      try: (input, child) => attempts[Math.min(attempt++, attempts.length - 1)]?.(input, child),
      ...(handler && { do: handler }),
    },
    evaluate(expression, _input, variables) {
      if (expression === 'now') return (times[time++] ?? 0) / 1_000
      evaluated.push({ expression, variables })
      if (!Object.hasOwn(expressions, expression)) throw new Error(`Unexpected expression: ${expression}`)
      return expressions[expression] ?? null
    },
    metadata: { reference: '/do/0/guarded' },
    ...rest,
    clock: world.clock ?? { ...systemClock, random: () => world.random ?? 0 },
  })
  return { context, evaluated, timesAsked: () => time, execute: () => new Module().execute(context) }
}

export const unavailable = TaskFault.of('communication', 'No answer.', { status: 503 })

export const fails =
  (fault: Error = unavailable): TestTask =>
  () =>
    Promise.reject(fault)

/** The waits between attempts, in milliseconds. */
export function waitsOf({ context }: ReturnType<typeof setup>): readonly number[] {
  return context.recorded.sleeps.map(({ delayMs }) => delayMs)
}

/** The paths of the attempts, without those of the handler. */
export function attemptsOf({ context }: ReturnType<typeof setup>): readonly Json[] {
  return context.recorded.children.filter(({ at }) => at[0] === 'try').map(({ path }) => path ?? 'first')
}

export function errorOf(thrown: unknown): Json {
  if (thrown instanceof TaskFault) return { ...thrown.error }
  throw thrown
}
