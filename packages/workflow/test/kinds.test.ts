/** Every kind of task, valid and broken in several ways, each mistake at its exact place. */
import { describe, expect, test } from 'vitest'
import { kindOf, tasksOf } from '../src/index.ts'
import { parseMarked, told, validTasks, withTask, withTasks } from './documents.ts'

describe('a task of every kind is accepted', () => {
  test.each(Object.entries(validTasks))('%s', (name, task) => {
    const { parsed } = parseMarked(withTask(task))
    expect(told(parsed)).toEqual([])
    const [first] = parsed.document ? [...tasksOf(parsed.document)] : []
    expect(first && kindOf(first.task)).toBe(name.split(' ')[0])
  })
})

const broken: Readonly<Record<string, readonly (readonly [task: string, code: string, message: string])[]>> =
  {
    'an http call': [
      ['{call: http, »wiht: {}}', 'unknown_key', 'not a key of this http call. Did you mean `with`?'],
      [
        '{call: http, »method: get, with: {method: get, endpoint: https://x}}',
        'unknown_key',
        'It belongs inside `with`.',
      ],
      ['{call: http, with: {method: get, endpoint: https://x, »then: end}}', 'unknown_key', 'one level up'],
      ['{call: http, »with: {method: get}}', 'missing_key', 'This http call needs `endpoint`.'],
      [
        '{call: http, with: {method: »5, endpoint: https://x}}',
        'wrong_type',
        '`method` must be a text; found the number 5.',
      ],
      ['{call: http, with: {method: get, endpoint: »a b}}', 'wrong_type', '`endpoint` must be a URI'],
      [
        '{call: http, with: {method: get, endpoint: https://x, output: »contents}}',
        'wrong_value',
        'Did you mean `content`?',
      ],
      [
        '{call: http, with: {method: get, endpoint: https://x, redirect: »yes}}',
        'wrong_type',
        'only true and false',
      ],
      [
        '{call: http, with: {method: get, endpoint: {uri: https://x, authentication: {bearer: {»tokn: a}}}}}',
        'unknown_key',
        '`token`',
      ],
      [
        '{call: http, with: {method: get, endpoint: {uri: https://x, authentication: {basic: {»username: a}}}}}',
        'missing_key',
        '`password`',
      ],
      [
        '{call: http, with: {method: get, endpoint: {uri: https://x, »authentication: {}}}}',
        'missing_key',
        'one of `use`, `basic`',
      ],
    ],
    'an openapi call': [
      ['{call: openapi, »with: {document: {endpoint: https://x}}}', 'missing_key', '`operationId`'],
      [
        '{call: openapi, with: {»document: {}, operationId: a}}',
        'missing_key',
        'This external resource needs `endpoint`.',
      ],
    ],
    'a grpc call': [
      [
        '{call: grpc, with: {proto: {endpoint: file:///a}, service: {name: A, host: a, port: »70000}, method: B}}',
        'wrong_type',
        'at most 65535',
      ],
      [
        '{call: grpc, with: {proto: {endpoint: file:///a}, service: {name: A, host: »a b}, method: B}}',
        'wrong_type',
        'a host name',
      ],
    ],
    'an asyncapi call': [
      [
        '{call: asyncapi, with: {document: {endpoint: https://x}, operation: a, »channel: b, message: {}}}',
        'exclusive_keys',
        'only one',
      ],
      [
        '{call: asyncapi, »with: {document: {endpoint: https://x}, operation: a}}',
        'missing_key',
        'one of `message`, `subscription`',
      ],
      [
        '{call: asyncapi, with: {document: {endpoint: https://x}, operation: a, message: {}, protocol: »kafak}}',
        'wrong_value',
        'Did you mean `kafka`?',
      ],
    ],
    'an a2a call': [
      ['{call: a2a, with: {method: »message/sent}}', 'wrong_value', 'Did you mean `message/send`?'],
    ],
    'an mcp call': [
      ['{call: mcp, with: {method: tools/call, »transport: {}}}', 'missing_key', 'one of `http`, `stdio`'],
      ['{call: mcp, with: {method: tools/call, transport: {»stdio: {}}}}', 'missing_key', '`command`'],
    ],
    'a nexus.dag call': [
      ['{call: nexus.dag, with: {»task: []}}', 'unknown_key', 'Did you mean `tasks`?'],
      [
        '{call: nexus.dag, with: {tasks: [{a: {set: {x: 1}}}], concurrency: »0}}',
        'wrong_type',
        'a whole number from 1',
      ],
      [
        '{call: nexus.dag, with: {tasks: [{load: {set: {x: 1}}}], after: {load: [»laod]}}}',
        'unknown_task',
        'Did you mean `load`?',
      ],
    ],
    'a nexus.map call': [
      ['{call: nexus.map, »with: {in: .x}}', 'missing_key', '`do`'],
      ['{call: nexus.map, with: {in: .x, do: [], join: »al}}', 'wrong_type', 'all, any or {count: n}'],
    ],
    'a nexus.goal call': [
      ['{call: nexus.goal, »with: {}}', 'missing_key', 'This nexus.goal call needs `goal`.'],
    ],
    'a call': [
      ['{call: »5}', 'wrong_type', '`call` must be a text'],
      [
        '{call: query.sql, with: »select}',
        'wrong_type',
        '`with` must be an object; found the text "select".',
      ],
    ],
    'a do task': [
      ['{do: »{a: {set: {x: 1}}}}', 'wrong_type', 'Put a dash before the name of each task'],
      ['{do: [»a]}', 'wrong_type', 'must be a task with its name; found the text "a".'],
      [
        '{do: [{a: {set: {x: 1}}, »b: {set: {x: 1}}}]}',
        'two_tasks',
        'Two tasks in one item of the list: `a` and `b`.',
      ],
      ['{do: [{»a: }]}', 'wrong_type', 'The task `a` must be an object; found nothing.'],
      ['{do: [{a: 5, »set: {x: 1}}]}', 'two_tasks', 'Indent it below `a:`.'],
    ],
    'an emit task': [
      ['{emit: {event: {»with: {source: https://x}}}}', 'missing_key', 'This event needs `type`.'],
      ['{»emit: {}}', 'missing_key', 'This emit needs `event`.'],
    ],
    'a for task': [
      ['{for: {»ech: a, in: .x}, do: []}', 'unknown_key', 'Did you mean `each`?'],
      ['{»for: {each: a}, do: []}', 'missing_key', 'This for needs `in`.'],
      ['{for: {in: »5}, do: []}', 'wrong_type', 'an expression or a list'],
    ],
    'a fork task': [
      ['{fork: {»branch: []}}', 'unknown_key', '`branches`'],
      ['{fork: {branches: [], compete: »no}}', 'wrong_type', '`compete` must be true or false'],
    ],
    'a listen task': [
      ['{listen: {to: {one: {with: {type: a}}, »any: []}}}', 'exclusive_keys', '`one` and `any`'],
      ['{listen: {to: {one: {»with: {}}}}}', 'too_few', 'at least one key'],
      [
        '{listen: {to: {any: [], until: {any: [], »until: .x}}}}',
        'unknown_key',
        '`until` is not a key of this event consumption strategy',
      ],
      [
        '{listen: {to: {one: {with: {type: a}}, »until: .x}}}',
        'missing_key',
        'only of use together with `any`',
      ],
      ['{listen: {to: {one: {with: {type: a}, correlate: {id: {»form: .x}}}}}}', 'unknown_key', '`from`'],
    ],
    'a raise task': [
      ['{raise: {»error: {type: https://x}}}', 'missing_key', 'This error needs `status`.'],
      ['{raise: {error: {type: https://x, status: »many}}}', 'wrong_type', 'a whole number'],
      ['{raise: {error: {type: https://x, status: 400, instance: »here}}}', 'wrong_type', 'a JSON pointer'],
    ],
    'a run task': [
      [
        '{run: {script: {language: js, code: a}, »shell: {command: ls}}}',
        'exclusive_keys',
        'only one of them',
      ],
      ['{»run: {}}', 'missing_key', 'one of `container`, `script`, `shell`, `workflow`'],
      ['{run: {»script: {language: js}}}', 'missing_key', 'one of `code`, `source`'],
      ['{run: {shell: {command: ls, arguments: »ls}}}', 'wrong_type', 'a list of texts'],
      ['{run: {shell: {command: ls}, return: »all_of_it}}', 'wrong_value', 'one of `stdout`'],
      ['{run: {»workflow: {namespace: a, name: b}}}', 'missing_key', '`version`'],
    ],
    'a set task': [
      ['{»set: {}}', 'too_few', '`set` needs at least one key.'],
      ['{set: ».x}', 'wrong_type', 'an expression ${ … }; found the text ".x".'],
    ],
    'a switch task': [
      ['{»switch: []}', 'too_few', 'at least 1 item'],
      ['{switch: [{»a: {when: .x}}]}', 'missing_key', 'This case needs `then`.'],
      ['{switch: [{a: {then: end}, »b: {then: end}}]}', 'too_many', 'only one key'],
      ['{switch: [{a: {then: end}}, {»b: {then: end}}]}', 'two_defaults', 'only one case without `when`'],
    ],
    'a try task': [
      ['{try: [], catch: {»error: {}}}', 'unknown_key', 'Did you mean `errors`?'],
      [
        '{try: [], catch: {retry: {backoff: {linear: {}, »constant: {}}}}}',
        'exclusive_keys',
        '`linear` and `constant`',
      ],
      ['{try: [], catch: {retry: {delay: »5s}}}', 'wrong_type', '`delay` must be a duration'],
    ],
    'a wait task': [
      ['{wait: »5 minutes}', 'wrong_type', 'found the text "5 minutes"'],
      ['{wait: {»minute: 5}}', 'unknown_key', 'Did you mean `minutes`?'],
      ['{wait: {minutes: »1.5}}', 'wrong_type', 'a whole number'],
      ['{»wait: {}}', 'too_few', 'This duration needs at least one key.'],
      ['{wait: »P}', 'wrong_type', 'PT30S'],
    ],
    'no kind at all': [
      ['{»cal: http}', 'unknown_task_kind', 'Did you mean `call`?'],
      ['{»sleep: 5}', 'unknown_task_kind', 'Did you mean `wait`?'],
      [
        '{»frobnicate: 5}',
        'unknown_task_kind',
        '`call`, `do`, `emit`, `for`, `fork`, `listen`, `raise`, `run`, `set`, `switch`, `try`, `wait`',
      ],
      ['{set: {x: 1}, »wait: PT1S}', 'two_kinds', '`set` and `wait`'],
      ['»5', 'wrong_type', 'The task `t` must be an object; found the number 5.'],
    ],
  }

describe.each(Object.entries(broken))('%s with a mistake is refused at its place', (_kind, cases) => {
  test.each(cases)('%s', (task, code, message) => {
    const { parsed, place } = parseMarked(withTask(task))
    const [first, ...others] = told(parsed)
    expect(others).toEqual([])
    expect(first).toContain(`${place} ${code} `)
    expect(first).toContain(message)
    expect(parsed.document).toBeUndefined()
  })
})

test('a task without a kind is refused at its name', () => {
  const { parsed, place } = parseMarked(withTasks('  - »t: {}\n'))
  expect(told(parsed)).toEqual([
    expect.stringContaining(`${place} unknown_task_kind The task \`t\` does not say what it does.`),
  ])
})

test('a task without a key that its kind needs is refused at its name', () => {
  const { parsed, place } = parseMarked(withTasks('  - »t: {try: []}\n'))
  expect(told(parsed)).toEqual([`${place} missing_key This try task needs \`catch\`.`])
})

test('a key that is almost the one that is needed is refused even where other keys are free', () => {
  const { parsed, place } = parseMarked(withTask('{emit: {event: {with: {»tpye: a}}}}'))
  expect(told(parsed)[0]).toContain(`${place} unknown_key`)
  expect(parsed.document).toBeUndefined()
})

test('every mistake of a document is told at once, in the order of the file', () => {
  const { parsed } = parseMarked(withTasks('  - a: {wait: soon}\n  - b: {cal: http}\n  - c: {set: {}}\n'))
  expect(parsed.problems.map((problem) => problem.start.line)).toEqual([7, 8, 9])
})
