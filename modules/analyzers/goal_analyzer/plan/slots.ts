/** What the slots of a phrase hold, by their kinds; undefined where a slot is not filled, or holds another kind. */
import type { Json } from '@nexus/sdk'
import type { Column, Operand, Slots } from '../grammar/tree.ts'
import { jsonText } from '../json_text.ts'

/** The slots, noting which are looked at: one that no operation looks at would be left out of the plan unsaid. */
export function watched(slots: Slots, read: Set<string>): Slots {
  return new Proxy(slots, {
    get: (target, name) => {
      if (typeof name === 'string') read.add(name)
      return typeof name === 'string' ? target[name] : undefined
    },
  })
}

export function operandIn(slots: Slots, name: string): Operand | undefined {
  const slot = slots[name]
  return slot?.type === 'operand' ? slot.operands[0] : undefined
}

export function operandsIn(slots: Slots, name: string): readonly Operand[] {
  const slot = slots[name]
  return slot?.type === 'operand' ? slot.operands : []
}

export function valueIn(slots: Slots, name: string): Json | undefined {
  const slot = slots[name]
  return slot?.type === 'value' ? slot.value : undefined
}

export function textIn(slots: Slots, name: string): string | undefined {
  const value = valueIn(slots, name)
  return value === undefined || value === null ? undefined : jsonText(value)
}

export function columnsIn(slots: Slots, name: string): readonly Column[] {
  const slot = slots[name]
  return slot?.type === 'columns' ? slot.columns : []
}
