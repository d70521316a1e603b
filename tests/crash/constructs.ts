/**
 * A document that uses every construct of the language at least once, and the workflow that it runs. What comes out
 * depends on nothing but its input. Effects leave a trace in a ledger.
 */

const effect = (value: string): object => ({
  call: 'test.ledger',
  with: { file: '${ $workflow.input.ledger }', value: `\${ ${value} }`, lasts_ms: 1 },
})

const soon = { milliseconds: 5 }

const retrying = {
  try: [
    { note: effect('$context.count') },
    {
      thrice: {
        run: {
          script: {
            language: 'js',
            code: 'console.log(Number(count) + 1)',
            arguments: { count: '${ .value }' },
          },
        },
        export: { as: '$context + {count: (rtrimstr("\\n") | tonumber)}' },
      },
    },
    { odd: { if: '$context.count < 3', raise: { error: 'unlucky' } } },
  ],
  catch: { errors: { with: { type: 'https://example.com/unlucky' } }, retry: 'soon' },
}

const caught = {
  try: [{ late: { wait: { hours: 1 }, timeout: 'short' } }],
  catch: {
    as: 'why',
    when: '$why.status == 408',
    do: [{ told: { set: { late: '${ $why.type | split("/") | last }' } } }],
  },
}

const graph = {
  call: 'nexus.dag',
  with: {
    tasks: [
      { left: effect('10') },
      { right: { do: [{ pause: { wait: soon } }, { give: { set: { value: 20 } } }] } },
      { both: { set: '${ $tasks.left.value + $tasks.right.value }' } },
    ],
  },
}

const mapped = {
  call: 'nexus.map',
  with: {
    in: '${ [1, 2, 3, 4] }',
    each: 'n',
    concurrency: 2,
    do: [{ square: effect('$n * $n') }, { only: { set: '${ .value }' } }],
  },
}

const loop = {
  for: { each: 'letter', at: 'place', in: '${ ["a", "b", "c", "d"] }' },
  while: '$place < 3',
  do: [{ add: { set: { text: '${ (.text // "") + $letter }' } } }],
  input: { from: '${ {} }' },
}

const told = (type: string, data: unknown): object => ({ emit: { event: { with: { type, data } } } })

const hearing = {
  fork: {
    branches: [
      {
        hears: {
          listen: { to: { any: [{ with: { type: 'word' } }], until: { one: { with: { type: 'end' } } } } },
          foreach: { item: 'word', do: [{ shout: { set: '${ $word | ascii_upcase }' } }] },
        },
      },
      {
        tells: {
          do: [{ one: told('word', 'one') }, { two: told('word', 'two') }, { end: told('end', null) }],
        },
      },
    ],
  },
  output: { as: '.[0]' },
}

const steps = [
  { prepare: { set: { count: 0 }, export: { as: '{count: 0}' } } },
  { skipped: { if: 'false', set: { never: true } } },
  { retried: retrying },
  { caught },
  { chosen: { switch: [{ yes: { when: '.late == "timeout"', then: 'graph' } }, { no: { then: 'end' } }] } },
  { jumped: { set: { never: true } } },
  { graph: { ...graph, export: { as: '$context + {graph: .both}' } } },
  { mapped: { ...mapped, export: { as: '$context + {mapped: .}' } } },
  { looped: { ...loop, export: { as: '$context + {looped: .text}' } } },
  { heard: { ...hearing, export: { as: '$context + {heard: .}' } } },
  {
    raced: {
      fork: { compete: true, branches: [{ slow: { wait: { hours: 1 } } }, { fast: { set: { won: true } } }] },
    },
  },
  { called: { call: 'greet', with: { name: 'Ada' }, export: { as: '$context + {called: .greeting}' } } },
  { shelled: { run: { shell: { command: 'printf "%s" "$WORD"', environment: { WORD: 'out' } } } } },
  { kept: { set: { shelled: '${ . }' }, export: { as: '$context + .' } } },
  {
    other: {
      run: {
        workflow: {
          namespace: 'test',
          name: 'inner',
          version: '1.0.0',
          input: { n: 3, ledger: '${ $workflow.input.ledger }' },
        },
      },
      export: { as: '$context + {other: .}' },
    },
  },
  { freed: { run: { shell: { command: 'true' }, await: false } } },
]

export const everyConstruct = JSON.stringify({
  document: { dsl: '1.0.3', namespace: 'test', name: 'constructs', version: '1.0.0' },
  use: {
    errors: { unlucky: { type: 'https://example.com/unlucky', status: 500, title: 'Unlucky' } },
    timeouts: { short: { after: soon } },
    retries: { soon: { delay: soon, limit: { attempt: { count: 5 } } } },
    functions: { greet: { do: [{ say: { set: { greeting: '${ "Hello " + .name }' } } }] } },
    extensions: [
      {
        marking: {
          extend: 'for',
          before: [{ mark: { set: { marked: 1 } } }],
          after: [{ unmark: { set: { marked: 0 } } }],
        },
      },
    ],
  },
  timeout: { after: { minutes: 10 } },
  input: { schema: { format: 'json', document: { type: 'object', required: ['ledger'] } } },
  do: steps,
  output: { as: '$context' },
})

export const inner = JSON.stringify({
  document: { dsl: '1.0.3', namespace: 'test', name: 'inner', version: '1.0.0' },
  do: [
    { pause: { wait: soon } },
    { noted: effect('$workflow.input.n') },
    { done: { set: { noted: '${ .value }' } } },
  ],
})

export const outcome = {
  status: 'completed',
  output: {
    count: 3,
    graph: 40,
    mapped: [2, 8, 18, 32],
    looped: 'abc',
    heard: ['ONE', 'TWO'],
    called: 'Hello Ada',
    shelled: 'out',
    other: { noted: 6 },
  },
  error: null,
}
