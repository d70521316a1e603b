/** Standard input that is piped in: line by line, then the rest, however it is cut into pieces. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { StdinLines } from '../src/output/stdin_lines.ts'

test('lines come one by one, and the rest as it is', async () => {
  const text = 'yes\r\nnö\n\nlast\nend'
  for (const pieceBytes of [1, 2, 3, 100]) {
    const bytes = Buffer.from(text)
    const pieces = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, at) =>
      bytes.subarray(at * pieceBytes, (at + 1) * pieceBytes),
    )
    const lines = new StdinLines(Readable.from(pieces, { objectMode: false }))
    expect([await lines.next(), await lines.next(), await lines.next()]).toEqual(['yes', 'nö', ''])
    expect([await lines.rest(), await lines.next(), await lines.rest()]).toEqual(['last\nend', undefined, ''])
  }
})

test('a pipe that stays open keeps nobody from ending once the line is there', async () => {
  const module = join(import.meta.dirname, '../src/output/stdin_lines.ts')
  const program = `import { StdinLines } from ${JSON.stringify(module)}
console.log(await new StdinLines(process.stdin).next())`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const said = child.stdout.setEncoding('utf8').toArray()
  child.stdin.write('y\n') // and it is not ended
  expect(await once(child, 'close')).toEqual([0, null])
  expect((await said).join('')).toBe('y\n')
})
