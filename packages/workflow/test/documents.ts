/**
 * Sample documents for the tests. A `»` in a text marks the place where a problem is expected, and is taken out.
 */
import { parseWorkflow, type ParsedWorkflow } from '../src/index.ts'

export const head = `document:
  dsl: '1.0.3'
  namespace: samples
  name: sample
  version: '0.1.0'
`

/** A document with these tasks; the text begins right below `do:`. */
export function withTasks(tasks: string, above = ''): string {
  return `${head}${above}do:\n${tasks}`
}

/** A document with one task, `t`, given as a flow or block value behind `- t:`. */
export const withTask = (task: string, above = ''): string => withTasks(`  - t: ${task}\n`, above)

export interface Marked {
  readonly parsed: ParsedWorkflow
  /** `line:column` of the mark. */
  readonly place: string
}

export function parseMarked(text: string): Marked {
  const at = text.indexOf('»')
  const before = text.slice(0, at).split('\n')
  const place = at === -1 ? '' : `${before.length}:${(before.at(-1) ?? '').length + 1}`
  return { parsed: parseWorkflow(text.replace('»', '')), place }
}

/** The problems in one line each: `line:column code message`, with the hint behind it. */
export function told({ problems }: Pick<ParsedWorkflow, 'problems'>): string[] {
  return problems.map(
    ({ start, code, message, hint }) =>
      `${start.line}:${start.column} ${code} ${message}${hint === undefined ? '' : ` ${hint}`}`,
  )
}

/** One valid task of every kind and of every call, as a YAML flow value. */
export const validTasks: Readonly<Record<string, string>> = {
  'call http':
    "{call: http, with: {method: get, endpoint: 'https://example.org/pets/{id}', query: {limit: 5}, output: response}}",
  'call openapi':
    '{call: openapi, with: {document: {endpoint: https://example.org/api.json}, operationId: list, parameters: {limit: 5}}}',
  'call grpc':
    '{call: grpc, with: {proto: {endpoint: file:///pets.proto}, service: {name: Pets, host: localhost, port: 5011}, method: List}}',
  'call asyncapi':
    "{call: asyncapi, with: {document: {endpoint: https://example.org/async.json}, operation: chat, subscription: {filter: .room == 1, consume: {amount: 5, for: PT10S}, foreach: {item: message, do: [{keep: {set: '${ $message }'}}]}}}}",
  'call a2a':
    '{call: a2a, with: {method: message/send, server: https://example.org/agent, parameters: {message: {parts: []}}}}',
  'call mcp':
    '{call: mcp, with: {method: tools/call, parameters: {name: search}, transport: {stdio: {command: npx, arguments: [server]}}}}',
  'call nexus.dag':
    "{call: nexus.dag, with: {tasks: [{a: {set: {x: 1}}}, {b: {set: '${ $tasks.a }'}}], after: {b: [a]}, concurrency: 2}}",
  'call nexus.map':
    "{call: nexus.map, with: {in: .pets, each: pet, do: [{a: {set: '${ $pet }'}}], join: {count: 2}}}",
  'call nexus.goal': '{call: nexus.goal, with: {goal: Sort the pets by age, max_steps: 5}}',
  'call of a capability': '{call: query.sql, with: {statement: select 1}}',
  do: '{do: [{a: {set: {x: 1}}}]}',
  emit: '{emit: {event: {with: {type: pets.sold, source: https://example.org, data: {id: 5}}}}}',
  for: "{for: {each: pet, in: .pets, at: i}, while: $i < 5, do: [{a: {set: {pet: '${ $pet }'}}}]}",
  fork: '{fork: {compete: true, branches: [{a: {set: {x: 1}}}, {b: {wait: PT1S}}]}}',
  listen:
    "{listen: {to: {any: [{with: {type: pets.sold}, correlate: {id: {from: .data.id}}}], until: .done}, read: data}, foreach: {item: event, do: [{a: {set: '${ $event }'}}]}}",
  raise: '{raise: {error: {type: https://example.org/errors/none, status: 404, title: None left}}}',
  'run container':
    '{run: {container: {image: alpine, command: ls, lifetime: {cleanup: eventually, after: PT1M}}}}',
  'run script': '{run: {script: {language: js, code: "console.log(`${process.pid}`)"}, return: all}}',
  'run shell': '{run: {shell: {command: "echo ${HOME}", environment: {A: b}}, await: false}}',
  'run workflow': '{run: {workflow: {namespace: samples, name: other, version: latest, input: {a: 1}}}}',
  set: "{set: {name: '${ .name }'}, then: end}",
  switch: '{switch: [{big: {when: .x > 5, then: end}}, {small: {then: continue}}]}',
  try: '{try: [{a: {set: {x: 1}}}], catch: {errors: {with: {status: 503}}, as: fault, when: $fault.status > 500, retry: {delay: PT1S, backoff: {linear: {}}}, do: [{b: {set: "${ $fault }"}}]}}',
  wait: '{wait: {minutes: 5}}',
}
