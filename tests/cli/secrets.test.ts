/**
 * Secrets reach the work and nothing else: no output, no event, no error, no byte on disk.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { setup, workflow } from './shell.ts'

const secret = 'correct-horse-battery-staple'

afterEach(() => {
  delete process.env['NEXUS_SECRET_API_TOKEN']
})

const tasks = `  - tell:
      run:
        shell:
          command: 'printf "%s has %s characters; $TOKEN" "$TOKEN" "\${#TOKEN}"; echo $TOKEN >&2'
          environment: { TOKEN: '\${ $secrets.api_token }' }
  - keep: { set: { token: '\${ $secrets.api_token }', said: '\${ . }' }, export: { as: '{kept: $secrets.api_token}' } }
  - fail: { run: { shell: { command: 'echo no luck with $TOKEN >&2; exit 3', environment: { TOKEN: '\${ $secrets.api_token }' } } } }
`

test('a secret reaches the command, and is masked wherever it comes out', async () => {
  process.env['NEXUS_SECRET_API_TOKEN'] = secret
  using world = setup()
  const data = join(world.folder, 'data')
  const file = world.file('a.yaml', workflow(tasks, 'use: { secrets: [api_token] }'))
  const { code, out, err } = await world.nexus('run', file, '--json', '--data', data)
  const record = JSON.parse(out)
  expect(code).toBe(1)
  expect(record.tasks[0].output).toBe(`****** has ${secret.length} characters; ******`)
  expect(record.tasks[1].output).toEqual({ token: '******', said: record.tasks[0].output })
  expect(record.error.detail).toContain('no luck with ******')
  expect(out + err).not.toContain(secret)
  for (const path of filesIn(data)) expect(readFileSync(path).includes(secret)).toBe(false)
})

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

test('a secret that is not there faults the run before its first task, and says where to put it', async () => {
  using world = setup()
  const file = world.file('a.yaml', workflow(tasks, 'use: { secrets: [api_token] }'))
  const { code, out } = await world.nexus('run', file, '--json', '--data', join(world.folder, 'data'))
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({
    tasks: [],
    error: {
      status: 403,
      instance: '/use/secrets/0',
      detail: expect.stringContaining('NEXUS_SECRET_API_TOKEN'),
    },
  })
})
