/** Authentication while fetching: whole policies for those who may have them, nothing for anybody else. */
import { expect, test } from 'vitest'
import { calling, setup, told, type World } from './world.ts'

const path = '/functions/f/1.0.0/function.yaml'
const secrets = {
  get: async (name: string) => ({ hub: 'letmein', policy: { token: 'letmein' } })[name],
}

const sentTo = (world: World): unknown[] => world.requests.map(({ headers }) => headers.authorization)

function catalogWith(url: string, authentication: string, more = ''): string {
  return `catalogs: {shared: {endpoint: {uri: '${url}', authentication: ${authentication}}}}, secrets: [hub, policy]${more}`
}

test.each([
  ['inline', '{bearer: {token: letmein}}'],
  ['by the name of a policy', '{use: named}', ', authentications: {named: {bearer: {token: letmein}}}'],
  ['with a secret in an expression', "{bearer: {token: '${ $secrets.hub }'}}"],
  ['out of a secret', '{bearer: {use: policy}}'],
])('a catalog is read with the authentication that is given %s', async (_how, authentication, more = '') => {
  await using world = await setup({}, { [path]: 'set: {x: 1}\n' })
  const use = catalogWith(world.url, authentication, more)
  const bundled = await world.bundle(calling('f:1.0.0@shared', { use }), { secrets })
  expect(told(bundled)).toEqual([])
  expect(sentTo(world)).toEqual(['Bearer letmein'])
  expect(bundled.selfContained.includes('letmein')).toBe(authentication.includes('letmein') || more !== '')
})

test('a secret that is not there is told before anything is sent', async () => {
  await using world = await setup({}, { [path]: 'set: {x: 1}\n' })
  for (const authentication of ["{bearer: {token: '${ $secrets.hub }'}}", '{bearer: {use: policy}}']) {
    const use = catalogWith(world.url, authentication)
    const [problem] = told(await world.bundle(calling('f:1.0.0@shared', { use })))
    expect(problem).toMatch(/^6:13 authentication_not_ready There is no secret "(hub|policy)"/)
  }
  expect(world.requests).toEqual([])
})

test('an expression that needs the run is told', async () => {
  await using world = await setup({}, { [path]: 'set: {x: 1}\n' })
  const use = catalogWith(world.url, "{bearer: {token: '${ $input.token }'}}")
  const [problem] = told(await world.bundle(calling('f:1.0.0@shared', { use }), { secrets }))
  expect(problem).toMatch(/authentication_not_ready .*`\$input` is not known yet/)
})

test('what a function has beside it is fetched with the authentication of the function, elsewhere without', async () => {
  await using world = await setup()
  await using other = await setup({}, { '/s.json': '{}' })
  world.web['/functions/f/1.0.0/s.json'] = '{"type": "object"}'
  world.web[path] = `set: {x: 1}
input: {schema: {resource: {endpoint: ./s.json}}}
output: {schema: {resource: {endpoint: '${other.url}/s.json'}}}
`
  const use = catalogWith(world.url, '{bearer: {token: letmein}}')
  expect(told(await world.bundle(calling('f:1.0.0@shared', { use })))).toEqual([])
  expect(sentTo(world)).toEqual(['Bearer letmein', 'Bearer letmein'])
  expect(sentTo(other)).toEqual([undefined])
})

test.each([
  ['a policy', '{use: named}'],
  ['a secret', '{bearer: {use: policy}}'],
  ['an expression', "{bearer: {token: '${ $secrets.hub }'}}"],
])('a function from elsewhere cannot have the document’s credentials sent by %s', async (_how, policy) => {
  await using world = await setup()
  world.web['/f.yaml'] =
    `set: {x: 1}\ninput: {schema: {resource: {endpoint: {uri: '${world.url}/steal', authentication: ${policy}}}}}\n`
  const use = 'authentications: {named: {bearer: {token: letmein}}}, secrets: [hub, policy]'
  const [problem] = told(await world.bundle(calling(`${world.url}/f.yaml`, { use }), { secrets }))
  expect(problem).toMatch(/^6:13 credentials_not_given .* It is asked for at .*f\.yaml:2:/)
  expect(world.requests.map(({ url }) => url)).toEqual(['/f.yaml'])
})

test('a password in an address is in no message and in no pin', async () => {
  await using world = await setup()
  const place = new URL(world.url)
  place.username = 'me'
  place.password = 'hunter2'
  const fetcher = async (): Promise<string> => 'set: {x: 1}\n'
  const use = `catalogs: {shared: {endpoint: '${place.href}'}}`
  const bundled = await world.bundle(calling('f:1.0.0@shared', { use }), { fetcher })
  expect(JSON.stringify([bundled.resources, await world.pins.list()])).not.toContain('hunter2')
  const failing = { fetcher: () => Promise.reject(new Error('no')), refresh: true }
  expect(told(await world.bundle(calling('f:1.0.0@shared', { use }), failing))[0]).not.toContain('hunter2')
})
