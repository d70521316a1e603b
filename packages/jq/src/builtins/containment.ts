/** `contains`: by substring for strings, by members for containers, by equality for the rest. */
import { raise } from '../errors.ts'
import { NESTING_MAX } from '../limits.ts'
import type { Run } from '../run/run.ts'
import { equal } from '../values/compare.ts'
import { describe } from '../values/print.ts'
import { isObject, kindOf, type Value } from '../values/value.ts'

const RECURSION_MAX = 200

export function contains(run: Run, whole: Value, part: Value): boolean {
  if (kindOf(whole) !== kindOf(part)) {
    return raise(`${describe(whole)} and ${describe(part)} cannot have their containment checked`)
  }
  return within(run, whole, part, 0)
}

function within(run: Run, whole: Value, part: Value, depth: number): boolean {
  run.spend(1)
  if (depth > RECURSION_MAX) return withinDeep(run, whole, part, depth)
  if (isObject(whole) && isObject(part)) {
    return Object.keys(part).every(
      (key) => Object.hasOwn(whole, key) && within(run, whole[key] ?? null, part[key] ?? null, depth + 1),
    )
  }
  if (Array.isArray(whole) && Array.isArray(part)) {
    return part.every((wanted) =>
      whole.some((candidate) => within(run, candidate ?? null, wanted ?? null, depth + 1)),
    )
  }
  return contained(run, whole, part)
}

function contained(run: Run, whole: Value, part: Value): boolean {
  return typeof whole === 'string' && typeof part === 'string'
    ? whole.includes(part)
    : equal(whole, part, run)
}

/** Pairs still to be tried: every group needs one pair that holds. */
interface Frame {
  groups: [Value, Value][][]
  group: number
  candidate: number
}

/** The same with a stack of its own: each frame waits for the answer about one pair. */
function withinDeep(run: Run, whole: Value, part: Value, base: number): boolean {
  const frames: Frame[] = []
  let answer: boolean | undefined = enter(run, frames, whole, part)
  for (;;) {
    const frame = frames.at(-1)
    if (frame === undefined) return answer ?? false
    if (base + frames.length > NESTING_MAX) raise('Containment check too deep')
    run.spend(1)
    if (answer !== undefined) {
      if (answer) {
        frame.group++
        frame.candidate = 0
      } else frame.candidate++
    }
    const group = frame.groups[frame.group]
    const pair = group?.[frame.candidate]
    if (group !== undefined && pair !== undefined) answer = enter(run, frames, pair[0], pair[1])
    else {
      frames.pop()
      answer = group === undefined
    }
  }
}

/** The answer for scalars; containers become a frame and have none yet. */
function enter(run: Run, frames: Frame[], whole: Value, part: Value): boolean | undefined {
  if (isObject(whole) && isObject(part)) {
    const groups = Object.keys(part).map((key): [Value, Value][] =>
      Object.hasOwn(whole, key) ? [[whole[key] ?? null, part[key] ?? null]] : [],
    )
    frames.push({ groups, group: 0, candidate: 0 })
    return undefined
  }
  if (Array.isArray(whole) && Array.isArray(part)) {
    const groups = part.map((wanted) =>
      whole.map((candidate): [Value, Value] => [candidate ?? null, wanted ?? null]),
    )
    frames.push({ groups, group: 0, candidate: 0 })
    return undefined
  }
  return contained(run, whole, part)
}
