import { Readable } from 'node:stream'
import { systemClock } from '@nexus/sdk'
import { describe, expect, test } from 'vitest'
import { LineReader } from '../src/hosts/process/lines.ts'
import { LineBudget, readPrints } from '../src/hosts/process/prints.ts'
import { failureOf, makeProcessWorld, outputOf, pythonOf } from './process_world.ts'
import { task } from './world.ts'

describe('what a module prints', () => {
  test('in Node is logged line by line and never mistaken for a message', async () => {
    const { start, logged } = makeProcessWorld()
    const module = await start(`console.log('one'); console.error('two'); process.stdout.write('three\\nfour')
      require('node:fs').writeSync(1, '{"jsonrpc":"2.0","id":1,"result":2}\\n')
      return ModuleResult.ok(input)`)
    expect(await outputOf(module, 7)).toBe(7)
    await module.stop()
    expect(logged).toEqual(
      expect.arrayContaining(['one', 'two', 'three', 'four{"jsonrpc":"2.0","id":1,"result":2}']),
    )
  })

  test('in Python is logged line by line and never mistaken for a message', async () => {
    const { start, logged } = makeProcessWorld()
    const module = await start(
      pythonOf(`print("one")
print("two", file=sys.stderr)
os.write(1, b'{"jsonrpc":"2.0","id":1,"result":2}\\n')
os.system("echo three")
sys.stdout.write("no line end")
return ModuleResult.ok([input, sys.stdin.read()])`),
      { manifest: { permissions: { run: ['echo'] } } },
    )
    expect(await outputOf(module, 7)).toEqual([7, ''])
    await module.stop()
    const message = '{"jsonrpc":"2.0","id":1,"result":2}'
    expect(logged).toEqual(expect.arrayContaining(['one', 'two', message, 'three', 'no line end']))
  })

  test('of a heap that is full, only the line that says so is kept', async () => {
    const said = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory'
    const dump = [
      'before',
      '<--- Last few GCs --->',
      '[23471:0x1ff0c000]      413 ms: Mark-Compact 31.8 (34.8) -> 31.8 (34.8) MB, 3.4 / 0.0 ms',
      '<--- JS stacktrace --->',
      said,
      '----- Native stack trace -----',
      ' 1: 0xd0b4d3 node::OOMErrorHandler(char const*, v8::OOMDetails const&) [node]',
      '10: 0xf0ced8  [node]',
    ]
    const kept: string[] = []
    const prints = readPrints(
      Readable.from([Buffer.from(dump.join('\n'))]),
      (line) => kept.push(line),
      systemClock,
    )
    await prints.closed
    expect([kept, prints.last()]).toEqual([['before', said], `before\n${said}`])
  })

  test.each([
    ['in Node', `for (let i = 0; i < 50_000; i++) console.log('line ' + i); return ModuleResult.ok(input)`],
    ['in Python', pythonOf('for i in range(50_000): print("line", i)\nreturn ModuleResult.ok(input)')],
    [
      'through its log',
      `for (let i = 0; i < 50_000; i++) context.log.info('line ' + i); return ModuleResult.ok(input)`,
    ],
  ])('%s in a flood is cut, which is told, and its tasks go on', async (_where, source) => {
    const { start, logged } = makeProcessWorld()
    const module = await start(source)
    expect(await outputOf(module, 7)).toBe(7)
    await module.stop()
    expect(logged.length).toBeLessThan(10_000)
    expect(logged.join('\n')).toMatch(/\d+ lines were not kept: it logs more than 200 lines a second\./)
  })

  test('for ever does not keep others from their work', async () => {
    const { start } = makeProcessWorld({ graceMsMax: 50 })
    const flood = await start(`for (;;) console.log('x'.repeat(10_000))`)
    const other = await start('return ModuleResult.ok(input)')
    const abort = new AbortController()
    const flooding = failureOf(flood.execute(task(null, { signal: abort.signal })))
    for (let call = 0; call < 200; call++) expect(await outputOf(other, call)).toBe(call)
    abort.abort(new Error('enough'))
    expect(await flooding).toContain('enough')
  })
})

test('a budget of lines lets a burst through, then so many a second, and says how many it dropped', () => {
  let nowMs = 0
  const budget = new LineBudget({ ...systemClock, elapsed: () => nowMs })
  const told: number[] = []
  const passed = (count: number): number =>
    Array.from({ length: count }, () => budget.take((dropped) => told.push(dropped))).filter(Boolean).length
  expect(passed(1_500)).toBe(1_000)
  nowMs += 500
  expect(passed(300)).toBe(100)
  expect(told).toEqual([500])
  budget.settle((dropped) => told.push(dropped))
  expect(told).toEqual([500, 200])
})

test('lines are put together from any pieces, also within a character', () => {
  const text = 'one\ntwo ü\n\nthree\n'
  const bytes = Buffer.from(text)
  for (let size = 1; size <= bytes.length; size++) {
    const lines: string[] = []
    const reader = new LineReader(100, (line) => lines.push(line))
    for (let at = 0; at < bytes.length; at += size) reader.add(bytes.subarray(at, at + size))
    expect(lines).toEqual(['one', 'two ü', '', 'three'])
  }
})
