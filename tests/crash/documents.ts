/**
 * A document of two hundred tasks that uses what runs today: lists in lists, both kinds of fork, switch, flow
 * directives, conditions, exports, and effects that leave a trace in a ledger.
 */

const effect = (value: string, lastsMs: number): object => ({
  call: 'test.ledger',
  with: { file: '${ $workflow.input.ledger }', value: `\${ ${value} }`, lasts_ms: lastsMs },
})

/** A list of effects, each of which works on what the one before it gave. */
function chain(name: string, length: number): object {
  const steps = Array.from({ length }, (_, index) => ({
    [`${name}${index}`]: {
      ...effect(`(.value + ${index}) % 1000`, index % 3),
      ...(index % 4 === 0 ? { export: { as: `$context + {${name}${index}: .value}` } } : {}),
    },
  }))
  return { do: steps }
}

const branches = (prefix: string, count: number, length: number): object[] =>
  Array.from({ length: count }, (_, index) => ({
    [`${prefix}${index}`]: chain(`${prefix}${index}s`, length),
  }))

const join = { set: { value: '${ [.[].value] | add }' } }

export const twoHundredTasks = JSON.stringify({
  document: { dsl: '1.0.3', namespace: 'test', name: 'two-hundred', version: '1.0.0' },
  do: [
    { begin: { set: { value: 1 } } },
    { warmUp: chain('w', 20) },
    { spread: { fork: { branches: branches('b', 8, 10) } } },
    { gather: join },
    { skipped: { if: '.value < 0', ...effect('.value', 0) } },
    {
      choose: {
        switch: [{ even: { when: '.value % 2 == 0', then: 'whenEven' } }, { other: { then: 'whenOdd' } }],
      },
    },
    { whenOdd: { set: { value: '${ .value + 1 }' }, then: 'again' } },
    { whenEven: { set: { value: '${ .value + 2 }' } } },
    { again: { fork: { branches: branches('c', 7, 9) } } },
    { gatherAgain: join },
    { coolDown: chain('z', 15) },
  ],
  output: { as: '{value, context: ($context | del(.ledger))}' },
})
