/** Which requests go through a proxy. */
import { expect, test } from 'vitest'
import { proxyFor } from '../../transport/proxy.ts'

const proxy = new URL('http://proxy.example:3128')

test.for([
  ['', 'http:', 'a.example', '', true],
  ['*', 'http:', 'a.example', '', false],
  ['a.example', 'http:', 'a.example', '', false],
  ['a.example', 'http:', 'A.Example.', '', false],
  ['a.example', 'http:', 'b.a.example', '8080', false],
  ['.a.example', 'http:', 'b.a.example', '', false],
  ['*.a.example', 'http:', 'b.a.example', '', false],
  ['a.example', 'http:', 'nota.example', '', true],
  ['a.example:80', 'http:', 'a.example', '', false],
  ['a.example:8080', 'http:', 'a.example', '', true],
  ['a.example:443', 'https:', 'a.example', '', false],
  ['127.0.0.1', 'http:', '127.0.0.1', '99', false],
  ['::1', 'http:', '::1', '99', false],
  ['[::1]:99', 'http:', '::1', '99', false],
  ['[::1]:98', 'http:', '::1', '99', true],
] as const)(
  'with the exceptions "%s", %s//%s:%s goes through it: %s',
  ([exceptions, protocol, hostname, port, goes]) => {
    const settings = { http: proxy, https: proxy, resolvesNames: false }
    const chosen = proxyFor(
      { protocol, hostname, port },
      { ...settings, exceptions: exceptions.split(',').filter(Boolean) },
    )
    expect(chosen === proxy).toBe(goes)
  },
)

test('each scheme has its own proxy', () => {
  const settings = { http: proxy, https: undefined, exceptions: [], resolvesNames: false }
  expect(proxyFor({ protocol: 'https:', hostname: 'a.example', port: '' }, settings)).toBeUndefined()
  expect(proxyFor({ protocol: 'http:', hostname: 'a.example', port: '' }, settings)).toBe(proxy)
})
