/** From the addresses that people write to those that are read. */
import { describe, expect, test } from 'vitest'
import {
  catalogAddresses,
  functionAddresses,
  identityOf,
  resourceAddresses,
  shownAddress,
} from '../../src/resources/addresses.ts'
import { readFunctionName } from '../../src/resources/function_name.ts'

const log = (root: string): string[] =>
  catalogAddresses(new URL(root), 'log', '1.0.0').map(({ href }) => href)
const raw = 'https://raw.githubusercontent.com/serverlessworkflow/catalog'

test('a catalog on GitHub is read raw, as the specification has it', () => {
  expect(log('https://github.com/serverlessworkflow/catalog/tree/main')).toEqual([
    `${raw}/refs/heads/main/functions/log/1.0.0/function.yaml`,
    `${raw}/refs/tags/main/functions/log/1.0.0/function.yaml`,
  ])
})

test.each([
  [
    'the repository itself',
    'https://github.com/serverlessworkflow/catalog',
    `${raw}/HEAD/functions/log/1.0.0/function.yaml`,
  ],
  [
    'with .git',
    'https://github.com/serverlessworkflow/catalog.git/',
    `${raw}/HEAD/functions/log/1.0.0/function.yaml`,
  ],
  [
    'a folder at a commit',
    `https://github.com/serverlessworkflow/catalog/tree/${'a'.repeat(40)}/x/y`,
    `${raw}/${'a'.repeat(40)}/x/y/functions/log/1.0.0/function.yaml`,
  ],
  [
    'without encryption and with a port',
    'http://github.com:8080/serverlessworkflow/catalog',
    `${raw}/HEAD/functions/log/1.0.0/function.yaml`,
  ],
  [
    'a ref in full',
    'https://github.com/serverlessworkflow/catalog/tree/refs/heads/main',
    `${raw}/refs/heads/main/functions/log/1.0.0/function.yaml`,
  ],
  [
    'GitLab',
    'https://gitlab.com/group/sub/project',
    'https://gitlab.com/group/sub/project/-/raw/HEAD/functions/log/1.0.0/function.yaml',
  ],
  [
    'GitLab at a branch',
    'https://gitlab.example/g/p/-/tree/main/x',
    'https://gitlab.example/g/p/-/raw/main/x/functions/log/1.0.0/function.yaml',
  ],
  [
    'a server, with its query',
    'https://a.test/root/?key=1#part',
    'https://a.test/root/functions/log/1.0.0/function.yaml?key=1',
  ],
])('the root of a catalog may be %s', (_what, root, expected) => {
  expect(log(root)[0]).toBe(expected)
})

test.each([
  [
    'a file on GitHub',
    'https://github.com/o/r/blob/main/f/x.yaml',
    ['refs/heads/main/f/x.yaml', 'refs/tags/main/f/x.yaml'],
  ],
  [
    'its folder',
    'https://github.com/o/r/tree/main/f',
    ['refs/heads/main/f/function.yaml', 'refs/tags/main/f/function.yaml'],
  ],
  [
    'a folder at a tag, as the specification writes it',
    'https://github.com/o/r/validate@v1.0.0',
    ['refs/heads/v1.0.0/validate/function.yaml', 'refs/tags/v1.0.0/validate/function.yaml'],
  ],
])('a function may be called by the address of %s', (_what, uri, expected) => {
  const found = functionAddresses(new URL(uri)).map(({ href }) => href)
  expect(found).toEqual(expected.map((path) => `https://raw.githubusercontent.com/o/r/${path}`))
})

test('an address that does not say whether it is a file may also be a folder', () => {
  expect(functionAddresses(new URL('https://a.test/f')).map(({ href }) => href)).toEqual([
    'https://a.test/f',
    'https://a.test/f/function.yaml',
  ])
  expect(functionAddresses(new URL('https://a.test/f.json'))).toHaveLength(1)
})

test('any other file is read where it stands', () => {
  expect(resourceAddresses(new URL('https://a.test/x.json?v=1#/a')).map(({ href }) => href)).toEqual([
    'https://a.test/x.json?v=1',
  ])
  expect(resourceAddresses(new URL('https://github.com/o/r')).map(({ href }) => href)).toEqual([
    'https://github.com/o/r',
  ])
})

test('what is shown and what is kept of an address holds no password', () => {
  const uri = new URL('https://me:secret@a.test/x?token=1')
  expect(shownAddress(uri)).toBe('https://a.test/x')
  expect(identityOf(uri)).toBe('https://a.test/x?token=1')
})

describe('a call', () => {
  test.each([
    ['log:1.0.0@shared', { kind: 'catalog', name: 'log', version: '1.0.0', catalog: 'shared' }],
    ['a-b:2.0.0-rc.1+b.5@x', { kind: 'catalog', name: 'a-b', version: '2.0.0-rc.1+b.5', catalog: 'x' }],
    ['https://a.test/f@v1', { kind: 'uri', uri: 'https://a.test/f@v1' }],
    ['file:///x', { kind: 'uri', uri: 'file:///x' }],
    ['./f.yaml', { kind: 'uri', uri: './f.yaml' }],
    ['../f', { kind: 'uri', uri: '../f' }],
    ['query.sql', { kind: 'other' }],
    ['a/b', { kind: 'other' }],
  ])('%s is read', (call, expected) => {
    expect(readFunctionName(call)).toEqual(expected)
  })

  test.each([
    ['../../x:1.0.0@shared', /`\.\.\/\.\.\/x` cannot be the name/],
    ['..:1.0.0@shared', /cannot be the name/],
    [`${'a'.repeat(200)}:1.0.0@shared`, /cannot be the name/],
    ['a%2f..:1.0.0@shared', /cannot be the name/],
    ['log:../..@shared', /`\.\.\/\.\.` is not a semantic version/],
    ['log:1.0.0/../..@shared', /is not a semantic version/],
    ['log:1.0@shared', /is not a semantic version/],
    ['log:latest@shared', /is not a semantic version/],
    ['log:1.0.0\n@shared', /is not a semantic version/],
    ['log:１.0.0@shared', /is not a semantic version/],
    ['log@shared', /does not say which version/],
    ['log:1.0.0@', /names no catalog/],
  ])('%j is refused', (call, expected) => {
    const read = readFunctionName(call)
    expect(read).toMatchObject({ kind: 'wrong', message: expect.stringMatching(expected) as string })
  })
})
