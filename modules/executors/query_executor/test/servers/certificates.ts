/** Certificates for tests: an authority of their own, and a server's certificate for some names and addresses. By `openssl`, where there is one. */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

function findOpenssl(): string | undefined {
  try {
    execFileSync('openssl', ['version'], { stdio: 'pipe' })
    return 'openssl'
  } catch {
    return undefined
  }
}

const openssl = findOpenssl()
export const opensslMissing = openssl === undefined ? 'this machine has no openssl' : undefined

export interface Certificate {
  /** The authority, in PEM. */
  readonly ca: string
  readonly certFile: string
  readonly keyFile: string
}

/** `names`: as in a certificate, `DNS:localhost` or `IP:127.0.0.1`. */
export function makeCertificate(folder: string, names: string): Certificate {
  const file = (name: string): string => join(folder, name)
  const run = (...vector: string[]): void =>
    void execFileSync('openssl', vector, { stdio: 'pipe', cwd: folder })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  run(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=test authority',
    '-days',
    '2',
  )
  run('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server')
  writeFileSync(file('names'), `subjectAltName=${names}\n`)
  run(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-out',
    'server.pem',
    '-days',
    '2',
    '-extfile',
    'names',
  )
  return {
    ca: readFileSync(file('ca.pem'), 'utf8'),
    certFile: file('server.pem'),
    keyFile: file('server.key'),
  }
}
