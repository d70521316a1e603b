/** The three drawings, and names that would break out of them. */
import { expect, test } from 'vitest'
import { set, shell, view } from './world.ts'

const workflow = {
  do: [
    { make: shell('date > a.txt') },
    { loop: { for: { in: '[1,2]' }, do: [{ show: shell('cat a.txt') }] } },
    { end: set('${ . }') },
  ],
}
const hostile = 'a"]; evil --> x\n`<script>&#34;\\u001b[31m\u001b[2J'

test('a tree shows levels, what each waits for and why, and the critical path', async () => {
  expect(await view({ workflow })).toBe(
    [
      '1. make (run.shell)',
      '2. loop (for)  ← make (data: reads file a.txt, which it writes)',
      '   do:',
      '     1. show (run.shell)',
      '3. end (set)  ← loop (input: reads what it gives)',
      'critical path: make → loop → end (3)',
      '',
    ].join('\n'),
  )
})

test('Mermaid gets a flowchart with the lists inside tasks as subgraphs', async () => {
  expect(await view({ workflow, format: 'mermaid' })).toBe(
    [
      'flowchart TD',
      '  n0["make (run.shell)"]',
      '  subgraph n1["loop (for)"]',
      '    n1_0_0["show (run.shell)"]',
      '  end',
      '  n2["end (set)"]',
      '  n0 -->|data| n1',
      '  n1 -->|input| n2',
      '',
    ].join('\n'),
  )
})

test('DOT gets a digraph with the lists inside tasks as clusters', async () => {
  const text = await view({ workflow, format: 'dot' })
  expect(text).toMatch(/^digraph plan \{\n/)
  expect(text).toContain('subgraph cluster_n1_0 {')
  expect(text).toContain('n0 -> n1 [label="data"];')
})

test('no name breaks out of its label', async () => {
  const tasks = [{ [hostile]: set(1) }]
  const mermaid = await view({ tasks, format: 'mermaid' })
  expect(mermaid.split('\n')).toHaveLength(3)
  expect(mermaid).not.toMatch(/<|script>|`|"\]; evil/)
  const dot = await view({ tasks, format: 'dot' })
  expect(dot).toContain(String.raw`[label="a\"]; evil --> x\\u{a}`)
  for (const text of [mermaid, dot, await view({ tasks, format: 'tree' })])
    expect(text).not.toContain('\u001b')
})

test('a format that is not there is refused', async () => {
  await expect(view({ workflow, format: 'png' })).rejects.toThrow('mermaid, dot or tree')
})
