/** The drawings, read by the parsers of Mermaid and of DOT: whatever tasks are called, what is drawn is what there is. */
import * as fc from 'fast-check'
import { parse, type ASTNode } from '@ts-graphviz/ast'
import { Window } from 'happy-dom'
import { afterAll, expect, test } from 'vitest'
import { visible } from '../view/drawn.ts'
import { set, shell, view } from './world.ts'

// Mermaid wants a browser's window when it is loaded.
const window = new Window()
Object.assign(globalThis, { window, document: window.document })
afterAll(() => window.happyDOM.close())
const { default: mermaid } = await import('mermaid')

const hostile = [
  'a"]; evil --> x',
  'end',
  'subgraph',
  'graph TD',
  'click n0 call alert()',
  'style n0 fill:#f00',
  '%%{init: {}}%%',
  '%% comment',
  '---',
  'a\nb',
  'a\r\n  end\n  x --> y',
  'a\u2028b',
  '<script>alert(1)</script>',
  '<b>&amp;</b>',
  '`**bold**`',
  '#34;',
  '&quot;',
  "it's",
  '(round) [square] {curly} |pipe|',
  'ﬂ°°34¶ß',
  'ünïcödé 日本語 🎉',
  '\u202Egnp.exe',
  '\\"; node -> x; "',
  '\\',
  'a\\',
  '\\N \\G \\n',
  '__proto__',
  'constructor',
  'digraph { }',
  'x'.repeat(3_000),
  ' ',
  '😀'.repeat(300),
  '\ud800',
]

interface Drawing {
  readonly labels: readonly string[]
  readonly groups: readonly string[]
  readonly edges: number
}

async function readMermaid(text: string): Promise<Drawing> {
  // Which kinds of diagrams there are it only knows from here on.
  await mermaid.parse(text)
  const { db } = await mermaid.mermaidAPI.getDiagramFromText(text)
  const flow = db as unknown as {
    getVertices(): Map<string, { text: string }>
    getEdges(): unknown[]
    getSubGraphs(): { id: string; title: string }[]
  }
  // What an edge begins or ends at is a node to Mermaid, also where it is a subgraph.
  const lists = new Set(flow.getSubGraphs().map(({ id }) => id))
  const groups = flow.getSubGraphs().map(({ title }) => plain(title))
  return {
    labels: [...flow.getVertices()]
      .filter(([id]) => !lists.has(id))
      .map(([, { text: label }]) => plain(label)),
    groups,
    edges: flow.getEdges().length,
  }
}

/** Mermaid keeps `#34;` in a spelling of its own until it draws. */
function plain(label: string): string {
  return label.replaceAll(/ﬂ°°(\d+)¶ß/g, (_whole, code: string) => String.fromCodePoint(Number(code)))
}

function readDot(text: string): Drawing {
  const drawing = { labels: [] as string[], groups: [] as string[], edges: 0 }
  const walk = (node: ASTNode, isInGroup: boolean): void => {
    if (node.type === 'Edge') drawing.edges += 1
    else if (node.type === 'Node') drawing.labels.push(...labelsOf(node.children))
    else {
      if (node.type === 'Subgraph') drawing.groups.push(...labelsOf(node.children))
      if ('children' in node)
        for (const child of node.children) walk(child, isInGroup || node.type === 'Subgraph')
    }
  }
  walk(parse(text), false)
  return drawing
}

function labelsOf(children: readonly ASTNode[]): string[] {
  return children.flatMap((child) =>
    child.type === 'Attribute' && child.key.value === 'label'
      ? [child.value.value.replaceAll(/\\(["\\])/g, '$1')]
      : [],
  )
}

/** A loop, a task in it, and one that needs it, all called by hostile names. */
function workflowOf(first: string, inner: string, last: string) {
  return {
    do: [
      { [first]: { for: { in: '[1]' }, do: [{ [inner]: shell('date > a.txt') }] } },
      { [last]: shell('cat a.txt') },
    ],
  }
}

async function check(first: string, inner: string, last: string): Promise<void> {
  if (first === last) return
  const workflow = workflowOf(first, inner, last)
  const label = (name: string, kind: string): string => visible(`${name} (${kind})`)
  const drawn = await readMermaid(await view({ workflow, format: 'mermaid' }))
  // Mermaid drops blanks around a label.
  expect(drawn.labels).toEqual([label(inner, 'run.shell').trim(), label(last, 'run.shell').trim()])
  expect(drawn.groups).toEqual([label(first, 'for').trim()])
  expect(drawn.edges).toBe(1)
  const dot = readDot(await view({ workflow, format: 'dot' }))
  expect(dot.labels).toEqual([label(first, 'for'), label(inner, 'run.shell'), label(last, 'run.shell')])
  expect(dot.edges).toBe(1)
}

test.for(hostile.map((name) => [name.slice(0, 40), name] as const))(
  '%j is a label and nothing else',
  ([, name]) => check(name, name, `${name}2`),
)

test('any names at all are labels and nothing else', async () => {
  const name = fc.oneof(
    fc.string({ minLength: 1, maxLength: 30 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
    fc.constantFrom(...hostile),
  )
  await fc.assert(
    fc.asyncProperty(name, name, name, (...names) => check(...names)),
    { numRuns: 150 },
  )
})

test('many tasks are drawn, each once', async () => {
  const tasks = Array.from({ length: 200 }, (_, at) => ({ [`task ${at}`]: set('${ . }') }))
  const drawn = await readMermaid(await view({ workflow: { do: tasks }, format: 'mermaid' }))
  expect(new Set(drawn.labels).size).toBe(200)
  expect(drawn.edges).toBe(199)
  expect(readDot(await view({ workflow: { do: tasks }, format: 'dot' }))).toMatchObject({ edges: 199 })
})
