/** Expressions of a document are compiled when it is read, and a mistake in one shows at its place in the file. */
import { describe, expect, test } from 'vitest'
import { parseMarked, told, withTask, withTasks } from './documents.ts'

describe('a mistake in an expression shows at its place in the file', () => {
  test.each([
    ['plain', withTask('{set: {x: 1}, if: .a | »| .b}')],
    ['in single quotes', withTask("{set: {x: 'a', y: '${ .a + ») }'}}")],
    ['in double quotes with escapes', withTask(String.raw`{set: {y: "${'$'}{ \"a\" + ») }"}}`)],
    [
      'in a literal block',
      withTasks(
        '  - t:\n      set:\n        x: |\n          ${\n            .a\n            | »)\n          }\n',
      ),
    ],
    [
      'in a folded block',
      withTasks('  - t:\n      set:\n        x: >-\n          ${ .a\n          | ») }\n'),
    ],
    ['over several plain lines', withTasks('  - t:\n      set: {x: 1}\n      if: .a\n        | »)\n')],
  ])('%s', (_style, text) => {
    const { parsed, place } = parseMarked(text)
    expect(told(parsed)).toHaveLength(1)
    expect(told(parsed)[0]).toContain(`${place} expression_syntax The expression is not jq: `)
    expect(parsed.document).toBeUndefined()
  })
})

const mistake = '.a | )'

describe('a field that is an expression by nature is compiled with and without ${ }', () => {
  test.each([
    `{set: {x: 1}, if: ${mistake}}`,
    `{set: {x: 1}, input: {from: ${mistake}}}`,
    `{set: {x: 1}, output: {as: ${mistake}}}`,
    `{set: {x: 1}, export: {as: ${mistake}}}`,
    `{switch: [{a: {when: ${mistake}, then: end}}]}`,
    `{for: {in: ${mistake}}, do: []}`,
    `{for: {in: .x}, while: ${mistake}, do: []}`,
    `{try: [], catch: {when: ${mistake}}}`,
    `{try: [], catch: {exceptWhen: ${mistake}}}`,
    `{try: [], catch: {retry: {when: ${mistake}}}}`,
    `{listen: {to: {any: [], until: ${mistake}}}}`,
    `{listen: {to: {one: {with: {type: a}, correlate: {id: {from: ${mistake}}}}}}}`,
    `{listen: {to: {any: []}}, foreach: {output: {as: ${mistake}}}}`,
    `{call: nexus.map, with: {in: ${mistake}, do: []}}`,
  ])('%s', (task) => {
    for (const written of [task, task.replace(mistake, `'\${ ${mistake} }'`)]) {
      const codes = parseMarked(withTask(written)).parsed.problems.map((problem) => problem.code)
      expect(codes).toEqual(['expression_syntax'])
    }
  })
})

describe('a text that is wholly ${ … } is compiled wherever it stands', () => {
  test.each([
    "{set: {a: {b: ['${ .a | ) }']}}}",
    "{call: http, with: {method: get, endpoint: '${ .a | ) }'}}",
    "{call: query.sql, with: {parameters: ['${ .a | ) }']}}",
    "{run: {shell: {command: ls, arguments: ['${ .a | ) }']}}}",
    "{run: {script: {language: js, code: a, environment: {A: '${ .a | ) }'}}}}",
    "{emit: {event: {with: {type: a, data: {b: '${ .a | ) }'}}}}}",
    "{raise: {error: {type: https://x, status: 400, detail: '${ .a | ) }'}}}",
    "{set: {x: 1}, output: {as: {a: '${ .a | ) }'}}}",
    "{wait: '${ .a | ) }'}",
    "{for: {in: ['${ .a | ) }']}, do: []}",
  ])('%s', (task) => {
    expect(parseMarked(withTask(task)).parsed.problems.map((problem) => problem.code)).toEqual([
      'expression_syntax',
    ])
  })
})

describe('a text that only holds ${ … } gets a warning that says how to write it', () => {
  test.each([
    ["{set: {a: »'Hello ${ .name }!'}}", 'Write `${ "Hello \\(.name)!" }`.'],
    ["{run: {shell: {command: »'echo ${ .name }'}}}", 'taken as it is'],
    ["{run: {script: {language: js, code: »'a = ${ .name }'}}}", 'Hand the value in by `arguments`'],
  ])('%s', (task, hint) => {
    const { parsed, place } = parseMarked(withTask(task))
    expect(told(parsed)).toEqual([expect.stringContaining(`${place} embedded_expression`)])
    expect(told(parsed)[0]).toContain(hint)
    expect(parsed.document).toBeDefined()
  })

  test.each([
    "{run: {shell: {command: 'echo ${HOME} ${x:-5}'}}}",
    "{run: {script: {language: js, code: 'console.log(`${a} ${b.c}`)'}}}",
    "{set: {x: 1}, metadata: {note: 'for ${ .name }'}}",
  ])('but not where it is usual: %s', (task) => {
    expect(told(parseMarked(withTask(task)).parsed)).toEqual([])
  })

  test('nor in loose mode', () => {
    expect(
      told(parseMarked(withTask("{set: {a: 'Hello ${ .name }!'}}", 'evaluate: {mode: loose}\n')).parsed),
    ).toEqual([])
  })
})

describe('a variable must be in scope', () => {
  test.each([
    ["{set: {a: '${ »$contxt.a }'}}", 'Did you mean `$context`?'],
    ["{set: {a: '${ »$item }'}}", 'There is no variable `$item` here.'],
    ["{for: {each: pet, in: .x}, do: [{a: {set: '${ »$pets }'}}]}", 'Did you mean `$pet`?'],
    ['{for: {in: »$item}, do: []}', 'no variable `$item`'],
    ["{try: [{a: {set: '${ »$error }'}}], catch: {}}", 'no variable `$error`'],
    ["{try: [], catch: {as: fault, do: [{a: {set: '${ »$error }'}}]}}", 'no variable `$error`'],
    ['{call: nexus.map, with: {in: .x, do: []}, output: {as: »$index}}', 'no variable `$index`'],
  ])('%s', (task, message) => {
    const { parsed, place } = parseMarked(withTask(task))
    expect(told(parsed)).toEqual([expect.stringContaining(`${place} unknown_variable`)])
    expect(told(parsed)[0]).toContain(message)
  })

  test.each([
    "{set: {a: '${ [$context, $input, $output, $secrets, $authorization, $task, $workflow, $runtime] }'}}",
    "{for: {in: .x}, while: $index < 5, do: [{a: {set: '${ [$item, $index] }'}}]}",
    "{for: {each: a, at: i, in: .x}, do: [{t: {for: {each: b, at: j, in: $a}, do: [{u: {set: '${ [$a, $i, $b, $j] }'}}]}}]}",
    "{try: [], catch: {when: $error.status == 5, retry: {when: $error.status == 5}, do: [{a: {set: '${ $error }'}}]}}",
    "{listen: {to: {any: []}}, foreach: {output: {as: '[$item, $index]'}, do: [{a: {set: '${ $item }'}}]}}",
    "{call: nexus.dag, with: {tasks: [{a: {set: {x: 1}}}, {b: {set: '${ $tasks.a }'}}]}}",
    "{call: nexus.map, with: {in: .x, do: [{a: {set: '${ [$item, $index] }'}}]}}",
    "{set: {a: '${ .x as $y | $y + 1 }'}}",
  ])('and is when its task or one around it brings it: %s', (task) => {
    expect(told(parseMarked(withTask(task)).parsed)).toEqual([])
  })
})
