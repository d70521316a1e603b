/** That no secret of a run gets into a blob, wherever its pieces end. */
import { expect, test } from 'vitest'
import { streamMask } from '../src/blobs.ts'

async function masked(secrets: readonly string[], pieces: readonly (string | Uint8Array)[]): Promise<string> {
  async function* content(): AsyncGenerator<Uint8Array> {
    for (const piece of pieces) yield typeof piece === 'string' ? Buffer.from(piece) : piece
  }
  const bytes: Uint8Array[] = []
  for await (const piece of streamMask(secrets)(content())) bytes.push(piece)
  return Buffer.concat(bytes).toString()
}

test('a secret is masked wherever its pieces are cut', async () => {
  const text = 'a Pässwort, a Pässwort'
  for (let size = 1; size <= text.length; size++) {
    const bytes = Buffer.from(text)
    const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    )
    expect(await masked(['Pässwort'], pieces)).toBe('a ******, a ******')
  }
})

test('of two secrets that begin alike the longer one is masked', async () => {
  expect(await masked(['abcd', 'abcdefgh'], ['xabcdef', 'ghx', 'abcd', 'e'])).toBe('x******x******e')
})

test('a secret is masked as JSON writes it, too', async () => {
  expect(await masked(['two\nlines'], [JSON.stringify({ key: 'two\nlines' }), 'two\nlines'])).toBe(
    '{"key":"******"}******',
  )
})

test('what is no secret passes as it is, bytes and all', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
  expect(await masked(['secret'], [bytes, 'secre', bytes])).toBe(
    Buffer.concat([bytes, Buffer.from('secre'), bytes]).toString(),
  )
})
