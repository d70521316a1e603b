import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultSecrets, fileSecrets } from '../src/index.ts'

function setup(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-secrets-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

test('a secret is the content of the file of its name, without the line end', async () => {
  using world = setup({ token: 's3cret\n', login: '{"username": "ada", "password": "1815"}', digits: '123' })
  const secrets = fileSecrets(world.folder)
  expect(await secrets.get('token')).toBe('s3cret')
  expect(await secrets.get('login')).toEqual({ username: 'ada', password: '1815' })
  expect(await secrets.get('digits')).toBe('123')
  expect(await secrets.get('other')).toBeUndefined()
})

test('a name does not lead out of the folder', async () => {
  using world = setup({ token: 'x' })
  const secrets = fileSecrets(join(world.folder, 'inner'))
  for (const name of ['../token', '..', '.', '', '/etc/hostname', String.raw`..\token`])
    expect(await secrets.get(name)).toBeUndefined()
})

test('the environment comes before the folder', async () => {
  using world = setup({ a: 'from file', b: 'from file' })
  const secrets = defaultSecrets({ NEXUS_SECRET_A: 'from environment', NEXUS_SECRETS_DIR: world.folder })
  expect([await secrets.get('a'), await secrets.get('b')]).toEqual(['from environment', 'from file'])
})

test('a secret that cannot be read is an error, not a missing secret', async () => {
  using world = setup({})
  await expect(
    fileSecrets(join(world.folder, '..')).get(world.folder.split('/').at(-1) ?? ''),
  ).rejects.toThrow('EISDIR')
})
