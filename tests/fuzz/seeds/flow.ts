/** Seeds of the fuzz about the flow of tasks and of data. Each is what stands below the head of a document. */
export const flowSeeds: Readonly<Record<string, string>> = {
  'set-and-jump': `do:
  - first:
      set: { n: '\${ .n }', label: start }
      then: third
  - second:
      set: { n: 0 }
      then: end
  - third:
      if: .n > 0
      set: { n: '\${ .n - 1 }' }
      then: continue
  - fourth:
      set: '\${ . + {done: true} }'
      metadata: { note: last }
      then: end
`,
  'go-back': `do:
  - count:
      set: { n: '\${ (.n // 0) + 1 }' }
      then: enough
  - enough:
      switch:
        - no: { when: .n < 6, then: count }
        - yes: { then: exit }
`,
  'lists-in-lists': `do:
  - outer:
      do:
        - middle:
            do:
              - inner: { set: { depth: 3 }, then: exit }
              - never: { set: { depth: 0 } }
        - after: { set: { depth: '\${ .depth + 1 }' }, then: exit }
        - unseen: { set: { depth: -1 } }
  - last: { set: { depth: '\${ .depth }' } }
`,
  'switch-over-types': `do:
  - pick:
      switch:
        - many: { when: '(.items | length) > 5', then: few }
        - named: { when: '.name == "Ada"', then: named_one }
        - default: { then: end }
  - few: { set: { size: few }, then: end }
  - named_one: { set: { greeting: '\${ "Hello, " + .name }' } }
`,
  'loop-over-people': `do:
  - start: { set: '\${ . + {seen: []} }' }
  - each_person:
      for: { each: person, in: .people, at: place }
      while: $place < 5
      do:
        - note:
            set: { people: '\${ .people }', seen: '\${ .seen + [$person.name + ($place | tostring)] }' }
      output: { as: .seen }
`,
  'loop-over-numbers': `do:
  - sum:
      input: { from: '{total: 0}' }
      for: { in: [1, 2, 3, '\${ 4 }'] }
      do:
        - odd: { if: $item % 2 == 1, set: { total: '\${ .total + $item }' } }
        - stop: { if: $index >= 3, set: '\${ . }', then: end }
`,
  'fork-of-three': `do:
  - together:
      fork:
        branches:
          - plus: { set: { v: '\${ .n + 1 }' } }
          - list: { do: [{ a: { set: { v: 1 } } }, { b: { set: { v: '\${ .v + 1 }' } } }] }
          - skipped: { if: .n > 100, set: { v: 100 } }
      output: { as: 'map(.v // 0)' }
  - total: { set: { total: '\${ add }' } }
`,
  'fork-that-competes': `do:
  - race:
      fork:
        compete: true
        branches:
          - slow: { wait: { milliseconds: 900 } }
          - quick: { set: { winner: quick } }
`,
  'dag-of-four': `do:
  - plan:
      call: nexus.dag
      with:
        concurrency: 2
        after: { d: [c] }
        tasks:
          - a: { set: { v: '\${ .n }' } }
          - b: { set: { v: '\${ $tasks.a.v * 2 }' } }
          - c: { set: { v: '\${ $tasks.a.v + $tasks.b.v }' } }
          - d: { set: { v: end } }
      output: { as: 'map_values(.v)' }
`,
  'map-over-items': `do:
  - squares:
      call: nexus.map
      with:
        in: .items
        each: number
        at: place
        concurrency: 2
        join: { count: 2 }
        do:
          - square: { set: { square: '\${ $number * $number }', at: '\${ $place }' } }
  - sorted: { set: '\${ {squares: (map(.square) | sort)} }' }
`,
  'try-catch-all': `do:
  - careful:
      try:
        - fails: { raise: { error: { type: 'errors:gone', status: 410, title: Gone, detail: '\${ "no " + .name }' } } }
      catch:
        errors: { with: { status: 410 } }
        as: fault
        when: $fault.status >= 400
        do:
          - say: { set: { caught: '\${ $fault.title }' } }
        then: after
  - between: { set: { skipped: true } }
  - after: { set: '\${ . + {n: 1} }' }
`,
  'try-with-retries': `use:
  retries:
    brief:
      delay: { milliseconds: 2 }
      backoff: { linear: { increment: { milliseconds: 1 } } }
      limit: { attempt: { count: 3 }, duration: PT2S }
do:
  - again:
      try:
        - count:
            set: { tries: '\${ (($context.tries // 0) + 1) }' }
            export: { as: '{tries: .tries}' }
        - fails:
            if: .tries < 3
            raise: { error: { type: 'errors:busy', status: 503 } }
      catch:
        retry: brief
        do: [{ give_up: { set: { gave: up } } }]
`,
  'retry-policies': `do:
  - exponential:
      try:
        - fails: { raise: { error: { type: 'errors:busy', status: 500, instance: /do/0, detail: busy } } }
      catch:
        exceptWhen: $error.status == 404
        retry:
          when: $error.status >= 500
          exceptWhen: $error.detail == "never"
          delay: PT0.001S
          backoff: { exponential: {} }
          jitter: { from: { milliseconds: 0 }, to: { milliseconds: 2 } }
          limit: { attempt: { count: 2, duration: PT1S } }
        do: [{ fine: { set: { fine: true } } }]
  - constant:
      try: [{ bad: { set: '\${ error("again") }' } }]
      catch:
        errors: { with: { type: 'errors:other' } }
        retry: { delay: { milliseconds: 1 }, backoff: { constant: {} }, limit: { attempt: { count: 1 } } }
`,
  'data-with-schemas': `input:
  schema:
    format: json
    document:
      type: object
      required: [people, n]
      properties:
        n: { type: integer, minimum: 0, maximum: 1000 }
        people: { type: array, items: { $ref: '#/$defs/person' } }
      $defs: { person: { type: object, required: [name], properties: { name: { type: string, pattern: '^[A-Z]' } } } }
  from: '\${ {people: .people, n: .n} }'
output:
  schema: { document: { type: object, properties: { names: { type: array, maxItems: 10 } } } }
  as: '{names: .names, context: $context}'
do:
  - names:
      input: { schema: { document: { type: object } }, from: { all: '\${ .people }' } }
      set: { names: '\${ .all | map(.name) }' }
      output: { as: { names: '\${ .names }', count: '\${ .names | length }' }, schema: { document: { required: [count] } } }
      export: { as: '\${ {names: .names} }', schema: { document: { type: object, additionalProperties: true } } }
`,
  'loose-evaluation': `evaluate: { language: jq, mode: loose }
do:
  - loose: { set: { plain: .name, wrapped: '\${ .n }', number: 5, text: just words } }
`,
  'functions-and-errors': `use:
  errors:
    sold_out: { type: 'errors:sold-out', status: 409, title: Sold out, detail: '\${ "none for " + .name }' }
  functions:
    greet: { set: { greeting: '\${ "Hello, \\(.who)!" }' } }
    twice: { do: [{ one: { call: greet, with: { who: '\${ .who }' } } }, { two: { set: { both: '\${ .greeting * 2 }' } } }] }
  timeouts: { soon: { after: { milliseconds: 300 } } }
do:
  - hello: { call: twice, with: { who: '\${ .name }' }, timeout: soon }
  - refuse: { try: [{ sell: { raise: { error: sold_out } } }], catch: { do: [{ sorry: { set: { sorry: '\${ $error.title }' } } }] } }
`,
  'function-that-calls-itself': `use:
  functions:
    down:
      do:
        - less: { set: { n: '\${ .n - 1 }' } }
        - more: { if: .n > 0, call: down, with: { n: '\${ .n }' } }
do:
  - begin: { call: down, with: { n: 4 } }
`,
  extensions: `use:
  extensions:
    - log:
        extend: all
        when: $task.name != "quiet"
        before: [{ say: { set: { about: '\${ $task.reference }' } } }]
        after: [{ said: { set: { saw: '\${ . }' } } }]
    - mock:
        extend: raise
        before: [{ instead: { set: { mocked: true }, then: exit } }]
    - compose: { extend: composite, after: [{ done: { set: { done: true } } }] }
do:
  - quiet: { set: { n: 1 } }
  - loud: { raise: { error: { type: 'errors:loud', status: 500 } } }
  - inside: { do: [{ deep: { set: { n: 2 } } }] }
`,
  'secrets-are-masked': `use:
  secrets: [shop, key]
do:
  - whisper:
      set: { user: '\${ $secrets.shop.username }', hidden: '\${ "key=" + $secrets.key }' }
      export: { as: '{user: .user}' }
  - loop: { for: { in: '\${ [$secrets.key] }' }, do: [{ echo: { set: { got: '\${ $item }' } } }] }
`,
  'facts-of-the-run': `do:
  - facts: { set: { id: '\${ $workflow.id }', at: '\${ $task.startedAt.epoch.milliseconds }', by: '\${ $runtime.name }' } }
`,
}
