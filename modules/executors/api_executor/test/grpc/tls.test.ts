import grpc from '@grpc/grpc-js'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { faultOf, setup } from '../world.ts'
import { proto, protoFiles, startService } from './service.ts'

const hasOpenssl = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** A certificate for localhost that nobody trusts yet. */
function certificate() {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const options = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  execFileSync('openssl', ['req', '-x509', ...options, ...names, '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  })
  return { key: readFileSync(key), cert: readFileSync(cert) }
}

test.skipIf(!hasOpenssl)(
  'TLS is spoken on the ports that the configuration says, to services whose certificate is trusted',
  async () => {
    const { key, cert } = certificate()
    const security = grpc.ServerCredentials.createSsl(null, [{ private_key: key, cert_chain: cert }])
    const { port } = await startService({}, security)
    const { caller } = await setup({ config: { grpc_tls_ports: [port] } })
    const call = (host: string) =>
      caller('grpc')({
        proto: { endpoint: protoFiles({ 'greet.proto': proto }) },
        service: { name: 'Greeter', host, port },
        method: 'SayHello',
        arguments: { name: 'Ada' },
      })
    expect((await faultOf(call('localhost'))).message).toMatch(/self-signed certificate/)
    const before = getCACertificates('default')
    onTestFinished(() => setDefaultCACertificates(before))
    setDefaultCACertificates([...before, cert.toString()])
    expect(await call('localhost')).toEqual({ message: 'Hello Ada' })
    expect((await faultOf(call('127.0.0.1'))).message).toMatch(/127\.0\.0\.1/)
  },
)
