/** docs/modules.md says nothing that does not run: its first sections. */
import { describe } from 'vitest'
import { followSections } from './follow.ts'

describe('the guide for module authors', () => {
  followSections((place, { length }) => place < length / 2)
})
