/** `path(.a[0][$k])`: a path that is a plain chain of accesses needs no machine. */
import type { Op } from '../compile/ops.ts'
import { getAt } from '../values/access.ts'
import type { Value } from '../values/value.ts'
import type { Builder, One } from './builder.ts'

export function makeStaticPath(builder: Builder, op: Op): One | undefined {
  const keys: One[] = []
  let rest = op
  while (rest.kind === 'pipe') {
    if (rest.left.kind !== 'index' || rest.left.optional) return undefined
    keys.push(builder.simple(rest.left.key))
    rest = rest.right
  }
  if (rest.kind === 'index' && !rest.optional) keys.push(builder.simple(rest.key))
  else if (rest.kind !== 'identity') return undefined
  return (machine, value, env) => {
    const path: Value[] = []
    let at = value
    machine.build(keys.length * 8)
    for (const key of keys) {
      const step = key(machine, at, env) ?? null
      at = getAt(at, step, machine)
      path.push(step)
    }
    return path
  }
}
