/**
 * Follows a share of the sections of docs/modules.md, each in a folder of its own. Two files of tests have one each, so
 * that they run side by side.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, test } from 'vitest'
import { readGuide, type Section } from './blocks.ts'
import { makeCheckout, Reader } from './reader.ts'

export const guide = readFileSync(join(import.meta.dirname, '../../../docs/modules.md'), 'utf8')

/** `wants`: which of them, by their place in the guide. */
export function followSections(wants: (place: number, all: readonly Section[]) => boolean): void {
  /** Gone after all of them only: esbuild stays in the folder where it was first needed. */
  const checkout = makeCheckout()
  afterAll(() => checkout[Symbol.dispose]())
  test.each(readGuide(guide).filter((_, place, all) => wants(place, all)))(
    'does what its section "$title" shows',
    async ({ blocks }) => {
      await using reader = new Reader(checkout.folder)
      for (const block of blocks) await reader.follow(block)
    },
  )
}
