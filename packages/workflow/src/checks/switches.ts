/**
 * Cases of a switch: at most one of them has no condition.
 */
import { isJsonObject } from '@nexus/sdk'
import { memberPointer } from '../pointers.ts'
import type { ListSite } from '../shape/findings.ts'
import type { Report } from '../source/report.ts'

export function checkSwitches(lists: readonly ListSite[], report: Report): void {
  for (const { task, pointer } of lists.flatMap((list) => list.tasks)) {
    const cases = task['switch']
    if (!Array.isArray(cases)) continue
    const defaults = cases.flatMap((item, index) => {
      const [name, member] = (isJsonObject(item) ? Object.entries(item)[0] : undefined) ?? []
      const isDefault = name !== undefined && isJsonObject(member) && !('when' in member)
      return isDefault ? [memberPointer(memberPointer(memberPointer(pointer, 'switch'), index), name)] : []
    })
    for (const second of defaults.slice(1)) {
      report.on(second, 'key', {
        code: 'two_defaults',
        message: 'A switch may have only one case without `when`, its default.',
        hint: 'Give this one a `when`.',
      })
    }
  }
}
