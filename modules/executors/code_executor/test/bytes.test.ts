/** What a script writes in pieces, kept together. */
import { expect, test } from 'vitest'
import { Bytes } from '../worker/bytes.ts'
import { channel } from '../worker/output.ts'

test('pieces of any size come out as they came in', () => {
  const bytes = new Bytes()
  const pieces = Array.from({ length: 400 }, (_, at) => Buffer.alloc((at * 7919) % 2000, at % 251))
  for (const piece of [...pieces, Buffer.alloc(200_000, 7)]) bytes.add(piece)
  expect(bytes.whole().equals(Buffer.concat([...pieces, Buffer.alloc(200_000, 7)]))).toBe(true)
  expect(bytes.sizeBytes).toBe(bytes.whole().length)
})

test('a million pieces of one byte cost little more than a megabyte, and empty ones nothing', () => {
  const before = process.memoryUsage()
  const output = channel(2_000_000, () => undefined)
  const [one, none] = [Buffer.from('x'), Buffer.alloc(0)]
  for (let at = 0; at < 1_000_000; at++) {
    output.add(one)
    output.add(none)
  }
  const after = process.memoryUsage()
  expect(output.text().length).toBe(1_000_000)
  const grownBytes = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers
  expect(grownBytes).toBeLessThan(40_000_000)
})
