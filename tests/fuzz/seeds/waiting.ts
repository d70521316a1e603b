/** Seeds of the fuzz about time and events. Each is what stands below the head of a document. */
export const waitingSeeds: Readonly<Record<string, string>> = {
  'short-waits': `timeout: { after: PT5S }
do:
  - units: { wait: { seconds: 0, milliseconds: 3 } }
  - text: { wait: PT0.002S }
  - computed: { wait: '\${ "PT0.00\\(.n)S" }' }
  - after: { set: { waited: true } }
`,
  'timeouts-inside-timeouts': `use: { timeouts: { short: { after: { milliseconds: 40 } } } }
do:
  - safe:
      try:
        - slow: { do: [{ longer: { wait: { seconds: 20 } } }], timeout: short }
      catch:
        errors: { with: { status: 408 } }
        do: [{ late: { set: { late: true } } }]
  - in_time: { wait: { milliseconds: 1 }, timeout: { after: PT10S } }
`,
  'schedule-is-kept': `schedule: { every: PT1H }
do:
  - once: { set: { ran: true } }
`,
  'schedule-on-events': `schedule: { on: { one: { with: { type: fuzz.begin } } }, read: envelope }
do:
  - once: { set: { ran: true } }
`,
  'schedule-by-cron': `schedule: { cron: '0 3 * * 1-5' }
do:
  - once: { set: { ran: true } }
`,
  'emit-events': `do:
  - say:
      emit:
        event:
          with:
            type: fuzz.said
            source: /fuzz/emit
            subject: '\${ .name }'
            datacontenttype: application/json
            data: { n: '\${ .n }' }
            tenant: blue
  - heard: { set: { id: '\${ .id }' } }
`,
  'listen-to-one': `do:
  - both:
      fork:
        branches:
          - hear:
              listen: { to: { one: { with: { type: fuzz.one, subject: '\${ $workflow.id }' } } }, read: envelope }
              timeout: { after: { milliseconds: 120 } }
          - say: { do: [{ pause: { wait: { milliseconds: 20 } } }, { tell: { emit: { event: { with: { type: fuzz.one, subject: '\${ $workflow.id }', data: 1 } } } } }] }
`,
  'listen-to-any': `do:
  - try_to_hear:
      try:
        - hear:
            listen:
              to:
                any:
                  - with: { type: '^fuzz\\..*', data: '\${ .n > 1000 }' }
                  - with: { type: fuzz.any, data: { n: 5 } }
                until: '(. | length) >= 2'
              read: data
            foreach:
              item: event
              at: place
              do: [{ keep: { set: { kept: '\${ $event }', at: '\${ $place }' } } }]
              output: { as: .kept }
              export: { as: '$context + {last: .}' }
            timeout: { after: { milliseconds: 60 } }
      catch: { errors: { with: { status: 408 } } }
`,
  'listen-to-all': `do:
  - together:
      fork:
        branches:
          - hear:
              listen:
                to:
                  all:
                    - { with: { type: fuzz.left }, correlate: { run: { from: .data.run, expect: '\${ $workflow.id }' } } }
                    - { with: { type: fuzz.right }, correlate: { run: { from: .data.run } } }
              timeout: { after: { milliseconds: 150 } }
          - left: { do: [{ pause: { wait: PT0.02S } }, { tell: { emit: { event: { with: { type: fuzz.left, data: { run: '\${ $workflow.id }' } } } } } }] }
          - right: { do: [{ pause: { wait: PT0.03S } }, { tell: { emit: { event: { with: { type: fuzz.right, data: { run: '\${ $workflow.id }' } } } } } }] }
`,
  'listen-until-events': `do:
  - together:
      fork:
        compete: true
        branches:
          - hear:
              listen:
                to:
                  any: []
                  until: { one: { with: { type: fuzz.over } } }
                read: raw
              foreach: { do: [{ count: { set: { index: '\${ $index }' } } }] }
          - over: { do: [{ pause: { wait: { milliseconds: 30 } } }, { tell: { emit: { event: { with: { type: fuzz.over } } } } }] }
          - enough: { wait: { milliseconds: 100 } }
`,
}
