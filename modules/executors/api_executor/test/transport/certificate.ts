/** Makes a certificate authority and a certificate of it for services on this machine, anew for every test file. */
import { createSign, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto'

export interface Identity {
  readonly key: string
  /** In PEM. */
  readonly cert: string
}

/** Signed by itself: who trusts it trusts the service that has it. */
export function selfSigned(names: { readonly hosts: readonly string[]; readonly days?: number }): Identity {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const body = bodyOf(publicKey, names)
  const signature = createSign('sha256').update(body).sign(privateKey)
  const certificate = sequence(body, ecdsaWithSha256, tag(0x03, Buffer.concat([Buffer.from([0]), signature])))
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }), cert: pem(certificate) }
}

/** RFC 5280, 4.1. */
function bodyOf(key: KeyObject, { hosts, days = 30 }: { hosts: readonly string[]; days?: number }): Buffer {
  const name = sequence(tag(0x31, sequence(oid([2, 5, 4, 3]), tag(0x0c, Buffer.from('Test service')))))
  const from = new Date(Date.now() - 40 * 86_400_000)
  const until = new Date(Date.now() + days * 86_400_000)
  return sequence(
    tag(0xa0, tag(0x02, Buffer.from([2]))),
    tag(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name,
    sequence(time(from), time(until)),
    name,
    key.export({ type: 'spki', format: 'der' }),
    tag(0xa3, sequence(authority(), alternativeNames(hosts))),
  )
}

function authority(): Buffer {
  return sequence(oid([2, 5, 29, 19]), tag(0x04, sequence(tag(0x01, Buffer.from([0xff])))))
}

function alternativeNames(hosts: readonly string[]): Buffer {
  const names = hosts.map((host) =>
    /^[\d.]+$/.test(host)
      ? tag(0x87, Buffer.from(host.split('.').map(Number)))
      : tag(0x82, Buffer.from(host)),
  )
  return sequence(oid([2, 5, 29, 17]), tag(0x04, sequence(...names)))
}

function time(date: Date): Buffer {
  return tag(0x18, Buffer.from(date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')))
}

function oid([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  const bytes = rest.flatMap((arc) => {
    const groups = [arc & 127]
    for (let left = arc >> 7; left > 0; left >>= 7) groups.unshift((left & 127) | 128)
    return groups
  })
  return tag(0x06, Buffer.from([first * 40 + second, ...bytes]))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tag(0x30, Buffer.concat(parts))
}

function tag(type: number, content: Buffer): Buffer {
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([type, ...size]), content])
}

function pem(der: Buffer): string {
  const lines = (der.toString('base64').match(/.{1,64}/g) ?? []).join('\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

const ecdsaWithSha256 = sequence(oid([1, 2, 840, 10_045, 4, 3, 2]))
