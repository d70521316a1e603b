/** Which addresses and names are refused where private addresses may not be reached. */
import { connect, createServer } from 'node:net'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { checkAddress, checkHost, checkSocket, guardedLookup, resolveChecked } from '@nexus/sdk/network'
import { privateKindOf } from '@nexus/sdk/network'
import { faultOf, listen } from '../world.ts'

const closed = { network: { private: false } }
const open = { network: { private: true } }

test.for([
  ['127.0.0.1', 'loopback'],
  ['127.255.3.4', 'loopback'],
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['169.254.169.254', 'link-local'],
  ['100.64.0.1', 'NAT of a provider'],
  ['100.127.255.255', 'NAT of a provider'],
  ['224.0.0.1', 'multicast'],
  ['255.255.255.255', 'reserved'],
  ['198.18.0.1', 'reserved'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['fd00::1', 'private'],
  ['fc12:3456::1', 'private'],
  ['fec0::1', 'private'],
  ['ff02::1', 'multicast'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:a00:1', 'private'],
  ['::ffff:0:127.0.0.1', 'loopback'],
  ['::127.0.0.1', 'reserved'],
  ['64:ff9b::7f00:1', 'loopback'],
  ['64:ff9b::10.0.0.1', 'private'],
  ['64:ff9b:1::1', 'private'],
  ['2002:7f00:1::', 'loopback'],
  ['2002:c0a8:101::1', 'private'],
  ['2001::1', 'reserved'],
  ['2001:db8::1', 'reserved'],
  ['4000::1', 'reserved'],
  ['localhost', 'no IP address'],
])('%s is refused as %s', ([address = '', kind]) => {
  expect(privateKindOf(address)).toContain(kind)
  expect(() => checkAddress(address, closed)).toThrow('policy.network.private')
  expect(() => checkAddress(address, open)).not.toThrow()
})

test.for([
  '1.1.1.1',
  '172.15.0.1',
  '172.32.0.1',
  '100.63.255.255',
  '100.128.0.1',
  '169.253.0.1',
  '2606:4700:4700::1111',
  '::ffff:1.1.1.1',
  '64:ff9b::101:101',
  '2002:101:101::1',
])('%s is a public address', (address) => {
  expect(privateKindOf(address)).toBeUndefined()
  expect(() => checkAddress(address, closed)).not.toThrow()
})

test.for([
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '0x7f.1',
  '0177.0.0.1',
  '017700000001',
  '127.0.0.1.',
  '[::1]',
  '::1',
  '[::ffff:127.0.0.1]',
  '[0:0:0:0:0:0:0:1]',
  'fe80::1%eth0',
  '①②⑦.⓪.⓪.①',
  'localhost',
  'LOCALHOST',
  'localhost.',
  'a.b.localhost',
  'localhost.localdomain',
  'ip6-localhost',
])('the host %s is refused without looking it up', async (host) => {
  expect(() => checkHost(host, closed)).toThrow('policy.network.private')
  expect(() => checkHost(host, open)).not.toThrow()
  const never = () => Promise.reject(new Error('This was looked up.'))
  const fault = await faultOf(resolveChecked(host, closed, { resolve: never }))
  expect(fault.error).toMatchObject({ type: expect.stringContaining('authorization'), status: 403 })
})

test('a host that only sounds like this machine is looked up as any other', () => {
  for (const host of ['localhost.example.com', 'mylocalhost', '10.example.com', '1.1.1.1'])
    expect(() => checkHost(host, closed)).not.toThrow()
})

test('a name is judged by its addresses, and one that is private refuses them all', async () => {
  const resolve = async () => [
    { address: '1.1.1.1', family: 4 },
    { address: '10.0.0.7', family: 4 },
  ]
  const fault = await faultOf(resolveChecked('both.example', closed, { resolve }))
  expect(fault.message).toContain('both.example leads to 10.0.0.7, which is a private address')
  expect(await resolveChecked('both.example', open, { resolve })).toHaveLength(2)
})

test('a socket is connected to the address that was judged, and its look-up rejects with the fault', async () => {
  const port = await listen(createServer((socket) => void socket.end()))
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
  const socket = connect({ host: 'inside.example', port, lookup: guardedLookup(closed, resolve) })
  const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as [Error]
  expect(error.message).toContain('inside.example leads to 127.0.0.1, which is a loopback address')
  const allowed = connect({ host: 'inside.example', port, lookup: guardedLookup(open, resolve) })
  await once(allowed, 'connect')
  expect(() => checkSocket(allowed, open, 'inside.example')).not.toThrow()
  expect(() => checkSocket(allowed, closed, 'inside.example')).toThrow('leads to 127.0.0.1')
  expect(allowed.destroyed).toBe(true)
})

test('a name without an address is one that is not known', async () => {
  const found = Promise.withResolvers<Error | null>()
  guardedLookup(closed, async () => [])('none.example', {}, (error) => found.resolve(error))
  expect(await found.promise).toMatchObject({ code: 'ENOTFOUND' })
})
