/**
 * Goals as the crash tests pursue them: one that the patterns plan, and one that a scripted language model plans, whose
 * plan is mended, approved, tried again, given to another module, made anew, and at last asked about. What it comes to
 * depends on nothing but itself: the model answers by what it is asked, and effects leave a trace in a ledger.
 */
import type { JsonObject } from '@nexus/sdk'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** Each notes in the ledger that it was asked, under the key by which it can tell whether it was asked before. */
const modules: Readonly<Record<string, readonly [provides: string, priority: string, execute: string]>> = {
  // The first execution that there ever was faults, whenever it is done again; no other does.
  flaky: [
    'test.flaky',
    'normal',
    `const keys = readFileSync(file, 'utf8').split('\\n').filter((line) => line.startsWith('flaky '))
     if (keys[0] === 'flaky ' + context.idempotencyKey) throw TaskFault.of('communication', 'Not now.')
     return ModuleResult.ok('steady')`,
  ],
  broken: ['test.say', 'high', `throw TaskFault.of('validation', 'It cannot speak.')`],
  working: ['test.say', 'low', `return ModuleResult.ok('said')`],
  noter: ['test.note', 'normal', `return ModuleResult.ok(context.inputData.value)`],
}

export interface GoalWorld extends Disposable {
  readonly folder: string
  readonly data: string
  readonly ledger: string
}

export function makeGoalWorld(): GoalWorld {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-crash-goal-'))
  const ledger = join(folder, 'ledger')
  writeFileSync(ledger, '')
  for (const [id, [provides, priority, execute]] of Object.entries(modules)) {
    const home = join(folder, 'modules', 'executors', id)
    mkdirSync(home, { recursive: true })
    const manifest = `id: ${id}\nversion: 1.0.0\ntype: executor\nname: ${id}\ndescription: Of a test.
entry_points: {main: main.js}\nbehavior: {priority: ${priority}}\nprovides: [{task: ${provides}}]\n`
    writeFileSync(join(home, 'manifest.yaml'), manifest)
    const main = `import { appendFileSync, readFileSync } from 'node:fs'
import { BaseModule, ModuleResult, TaskFault } from '@nexus/sdk'
export class Module extends BaseModule { async execute(context) {
  const { file } = context.inputData
  appendFileSync(file, '${id} ' + context.idempotencyKey + '\\n')
  ${execute}
} }\n`
    writeFileSync(join(home, 'main.js'), main)
  }
  return {
    folder,
    data: join(folder, 'data'),
    ledger,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** What a person is asked waits for them: twice for a yes to a plan of the second goal, and once where nothing is left. */
export const goalDocument = (ledger: string): string =>
  JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'test', name: 'goals', version: '1.0.0' },
    do: [
      {
        by_patterns: {
          call: 'nexus.goal',
          with: { goal: 'Say "hello", then count the words' },
          export: { as: '${ {patterns: .} }' },
        },
      },
      {
        by_model: {
          call: 'nexus.goal',
          with: {
            goal: 'Ponder upon teapots',
            context: { ledger },
            constraints: { approve: true, ask_human: true, max_replans: 1, expect: '${ .said == "said" }' },
          },
        },
      },
      { told: { set: { patterns: '${ $context.patterns }', model: '${ . }' } } },
    ],
  })

/** What goals tell is told to this one, which ends when it has heard as much as there is. */
export const listenerDocument = (amount: number): string =>
  JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'test', name: 'listener', version: '1.0.0' },
    do: [
      {
        hears: {
          listen: {
            to: {
              any: ['planned', 'decided', 'asked'].map((what) => ({
                with: { type: `io.nexus.goal.${what}.v1` },
              })),
              until: `length >= ${amount}`,
            },
          },
        },
      },
      {
        told: {
          set: '${ [.[] | if .decision then .decision elif .question then "asked" else "planned" end] }',
        },
      },
    ],
  })

/** What is told of the two goals, in order. */
export const told =
  'planned planned asked retry alternative replan planned asked ask asked planned asked'.split(' ')

export const outcome = {
  status: 'completed',
  output: { patterns: 1, model: { steady: 'steady', said: 'said', advice: 'use the small one' } },
  error: null,
}

/** What runs once, each time that nothing is killed: by module. */
export const effects = ['flaky', 'flaky', 'broken', 'working', 'noter', 'noter']

/** A model behind OpenAI's protocol, in another process than those that are killed. `asked` are its answers so far. */
export async function scriptedModel(): Promise<{ url: string; asked: string[] } & AsyncDisposable> {
  const asked: string[] = []
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { messages } = JSON.parse(await text(request)) as { messages: { role: string; content: string }[] }
    const [answer, content] = answerTo(messages.map(({ content: said }) => said))
    asked.push(answer)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = (piece: JsonObject): boolean =>
      response.write(
        `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'tiny', ...piece })}\n\n`,
      )
    for (let at = 0; at < content.length; at += 400)
      send({ choices: [{ index: 0, delta: { content: content.slice(at, at + 400) }, finish_reason: null }] })
    send({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] })
    send({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 } })
    response.end('data: [DONE]\n\n')
  }
  // Whoever asked may be gone before the answer.
  const server = createServer((request, response) => void reply(request, response).catch(() => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answerTo(messages: readonly string[]): [name: string, content: string] {
  const [, question = '', ...more] = messages
  const { context } = JSON.parse(/<data>\n(.*)\n<\/data>/s.exec(question)?.[1] ?? '{}') as {
    context: { ledger: string; advice?: string; failed?: JsonObject }
  }
  const { ledger: file, advice, failed } = context
  if (advice !== undefined) return ['advised', planOf(file, { note: advice, last: 'give' })]
  if (failed) return ['replanned', planOf(file, { note: 'again', last: 'stuck' })]
  if (more.length === 0) return ['not valid', '{"document": {"dsl": "1.0.3"}, "do": []}']
  return ['mended', planOf(file, { note: undefined, last: 'stop' })]
}

function planOf(file: string, { note, last }: { note: string | undefined; last: string }): string {
  const keep = (name: string): JsonObject => ({ export: { as: `\${ $context + {${name}: .} }` } })
  const raised = { type: 'https://example.com/stuck', status: 500, title: 'Stuck' }
  const give = {
    set: { steady: '${ $context.steady }', said: '${ $context.said }', advice: '${ $context.noted }' },
  }
  return JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'goals', name: 'tea', version: '1.0.0' },
    do: [
      { steady: { call: 'test.flaky', with: { file }, export: { as: '${ {steady: .} }' } } },
      { speak: { call: 'test.say', with: { file }, ...keep('said') } },
      ...(note === undefined
        ? []
        : [{ noted: { call: 'test.note', with: { file, value: note }, ...keep('noted') } }]),
      { [last]: last === 'give' ? give : { raise: { error: raised } } },
    ],
  })
}
