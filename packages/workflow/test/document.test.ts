/** What stands around the tasks: head, schedule, reusable parts, references into them. */
import { describe, expect, test } from 'vitest'
import { parseMarked, told, withTask, withTasks } from './documents.ts'

const tasks = 'do:\n  - t: {set: {x: 1}}\n'
const headWith = (dsl: string, name = 'sample', version = "'1.0.0'"): string =>
  `document:\n  dsl: ${dsl}\n  namespace: samples\n  name: ${name}\n  version: ${version}\n${tasks}`

describe('the head of a document', () => {
  test.each(['1.0.0', '1.0.1', '1.0.2', '1.0.3'])('says a version of the language: %s', (version) => {
    expect(told(parseMarked(headWith(version)).parsed)).toEqual([])
  })

  test.each([
    [
      headWith('»1.0'),
      'must be one of `1.0.0`, `1.0.1`, `1.0.2`, `1.0.3`; found the number 1. YAML reads it as a number',
    ],
    [headWith('»2.0.0'), 'found the text "2.0.0".'],
    [headWith("'1.0.3'", '»my name'), '`name` must be a name of at most 63'],
    [
      headWith("'1.0.3'", 'sample', '»1.0'),
      '`version` must be a text; found the number 1. YAML reads it as a number: put it in quotes.',
    ],
    [headWith("'1.0.3'", 'sample', "»'1.0'"), 'a semantic version such as 1.0.0'],
    [`»documnet: {}\n${tasks}`, 'Did you mean `document`?'],
    [`document: »5\n${tasks}`, '`document` must be an object; found the number 5.'],
    [`»document: {dsl: 1.0.3, namespace: a, name: b}\n${tasks}`, 'This document head needs `version`.'],
    ['»document: {dsl: 1.0.3, namespace: a, name: b, version: 1.0.0}\n', 'This workflow needs `do`.'],
  ])('is refused where it is wrong: %s', (text, message) => {
    const { parsed, place } = parseMarked(text)
    expect(told(parsed)).toHaveLength(1)
    expect(told(parsed)[0]).toContain(`${place} `)
    expect(told(parsed)[0]).toContain(message)
  })
})

test('a document that uses every part is accepted', () => {
  const above = `use:
  authentications: {api: {oauth2: {authority: https://example.org, grant: client_credentials, client: {id: a, secret: b}}}}
  errors: {none: {type: https://example.org/none, status: 404}}
  retries: {often: {limit: {attempt: {count: 5}}, jitter: {from: PT1S, to: {seconds: 2}}}}
  timeouts: {short: {after: PT5S}}
  secrets: [token]
  catalogs: {ours: {endpoint: https://example.org/functions}}
  functions: {list: {call: http, with: {method: get, endpoint: https://example.org}}}
  extensions: [{log: {extend: all, when: .x, before: [{a: {set: {x: 1}}}]}}]
input: {schema: {document: {type: object}}, from: .order}
timeout: short
schedule: {every: {hours: 1}, on: {one: {with: {type: a}}}, read: envelope}
evaluate: {language: jq, mode: strict}
output: {as: {total: '\${ .total }'}}
`
  const used = `  - a: {call: list, timeout: short}
  - b: {call: 'log:1.0@ours'}
  - c: {call: 'log:1.0@default'}
  - d: {call: http, with: {method: get, endpoint: {uri: https://x, authentication: {use: api}}}}
  - e: {try: [], catch: {retry: often}}
  - f: {raise: {error: none}, if: .x}
  - g: {call: http, with: {method: get, endpoint: {uri: https://x, authentication: {bearer: {use: token}}}}}
`
  expect(told(parseMarked(withTasks(used, above)).parsed)).toEqual([])
})

describe('a name that is not in `use` is refused with the nearest that is', () => {
  test.each([
    [
      '{raise: {error: »nonne}}',
      'errors: {none: {type: https://x, status: 400}}',
      'error `nonne` in `use.errors`. Did you mean `none`?',
    ],
    ['{try: [], catch: {retry: »oftn}}', 'retries: {often: {}}', 'Did you mean `often`?'],
    ['{set: {x: 1}, timeout: »shrt}', 'timeouts: {short: {after: PT1S}}', 'Did you mean `short`?'],
    [
      '{set: {x: 1}, timeout: »PT5S}',
      'timeouts: {short: {after: PT1S}}',
      'A timeout is written {after: PT5S}.',
    ],
    ["{call: 'a:1@»oars'}", 'catalogs: {ours: {endpoint: https://x}}', 'Did you mean `ours`?'],
    [
      '{call: http, with: {method: get, endpoint: {uri: https://x, authentication: {use: »apy}}}}',
      'authentications: {api: {bearer: {token: a}}}',
      'Did you mean `api`?',
    ],
    [
      '{call: http, with: {method: get, endpoint: {uri: https://x, authentication: {basic: {use: »x}}}}}',
      'secrets: [token]',
      'There are: `token`.',
    ],
  ])('%s', (task, use, message) => {
    const { parsed, place } = parseMarked(withTask(task, `use: {${use}}\n`))
    expect(told(parsed)).toHaveLength(1)
    const start = task.startsWith("{call: 'a:1") ? '' : `${place} `
    expect(told(parsed)[0]).toContain(`${start}unknown_reference`)
    expect(told(parsed)[0]).toContain(message)
  })
})

test('secrets in expressions are left to the runtime', () => {
  expect(told(parseMarked(withTask("{set: {x: '${ $secrets.anything }'}}")).parsed)).toEqual([])
})

test.each([
  ['»schedule: {}\n', 'needs at least one key'],
  ['schedule: {every: PT1H, »read: data}\n', '`read` is only of use together with `on`.'],
  ['evaluate: {language: »javascript}\n', 'must be one of `jq`'],
  ['timeout: {after: »soon}\n', '`after` must be a duration'],
  ['use: {extensions: [{a: {extend: »every}}]}\n', '`extend` must be one of'],
  ['use: {functions: {f: {»cal: http}}}\n', 'Did you mean `call`?'],
])('a part around the tasks is refused where it is wrong: %s', (above, message) => {
  const { parsed, place } = parseMarked(withTask('{set: {x: 1}}', above))
  expect(told(parsed)).toHaveLength(1)
  expect(told(parsed)[0]).toContain(`${place} `)
  expect(told(parsed)[0]).toContain(message)
})

describe('a JSON Schema in a document must be one', () => {
  test.each([
    ['{type: »strin}', 'Did you mean `string`?'],
    ['{type: object, required: »name}', '`required` must be a list of texts'],
    ['{properties: {a: »5}}', 'must be a JSON Schema'],
    ["{pattern: »'('}", 'not a regular expression'],
    ["{$ref: »'#/$defs/b', $defs: {a: {}}}", 'leads nowhere'],
    ['{anyOf: »[]}', '`anyOf` must be a list of schemas'],
    ['{»propertes: {}}', 'Did you mean `properties`?'],
    ['»5', 'must be a JSON Schema'],
  ])('%s', (schema, message) => {
    const { parsed, place } = parseMarked(withTask(`{set: {x: 1}, input: {schema: {document: ${schema}}}}`))
    expect(told(parsed)).toHaveLength(1)
    expect(told(parsed)[0]).toContain(`${place} `)
    expect(told(parsed)[0]).toContain(message)
  })

  test('one in another language is refused', () => {
    const { parsed, place } = parseMarked(
      withTask('{set: {x: 1}, input: {schema: {format: »xsd, document: {}}}}'),
    )
    expect(told(parsed)).toEqual([
      expect.stringContaining(`${place} wrong_type \`format\` must be json or json:VERSION`),
    ])
  })

  test('a valid one with every kind of keyword is accepted', () => {
    const schema =
      "{type: [object, 'null'], $defs: {id: {type: integer, minimum: 1}}, properties: {id: {$ref: '#/$defs/id'}, tags: {type: array, items: {enum: [a, b]}, uniqueItems: true}}, required: [id], additionalProperties: false}"
    expect(
      told(parseMarked(withTask(`{set: {x: 1}, output: {schema: {document: ${schema}}}}`)).parsed),
    ).toEqual([])
  })
})
