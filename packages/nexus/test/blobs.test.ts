/**
 * Blobs through a whole Nexus: one task writes, another reads, whatever host each is in; secrets of the run are not in
 * them. And the policy that whoever opens it gives.
 */
import type { BlobReference } from '@nexus/sdk'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Nexus, NexusOptions } from '../src/index.ts'
import { documentOf, setup, type World } from './world.ts'

/** One module, twice: as `trusted` in this process, as `other` in its own. */
const source = `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  async execute({ metadata, inputData, blobs, policy }) {
    if (metadata.kind.startsWith('policy')) return ModuleResult.ok(policy)
    if (metadata.kind.startsWith('write'))
      return ModuleResult.ok(await blobs.write(inputData.pieces, { mediaType: 'text/plain' }))
    let text = ''
    for await (const piece of blobs.read(inputData.reference)) text += Buffer.from(piece).toString()
    return ModuleResult.ok(text)
  }
}
`

async function open(world: World, options: Partial<NexusOptions> = {}): Promise<Nexus> {
  for (const id of ['trusted', 'other']) {
    const folder = join(world.folder, id, 'executors', id)
    mkdirSync(folder, { recursive: true })
    const tasks = ['write', 'read', 'policy'].map((name) => `{task: ${name}.${id}}`).join(', ')
    const manifest = `id: ${id}\nversion: 1.0.0\ntype: executor\nname: ${id}\ndescription: A module of a test.\nentry_points: {main: main.js}\nprovides: [${tasks}]\n`
    writeFileSync(join(folder, 'manifest.yaml'), manifest)
    writeFileSync(join(folder, 'main.js'), source)
  }
  const modules = ['trusted', 'other'].map((id) => join(world.folder, id))
  return world.restart({ modules, trust: modules.slice(0, 1), ...options })
}

async function outputOf(nexus: Nexus, tasks: string, head = ''): Promise<unknown> {
  const live = await nexus.run(nexus.check(documentOf(tasks, head)), {})
  const ended = await live.ended
  return ended.status === 'completed' ? ended.output : ended
}

test.each([
  ['trusted', 'other'],
  ['other', 'trusted'],
])('what %s writes, %s reads, and whoever has the reference after a restart', async (writer, reader) => {
  await using world = await setup()
  const nexus = await open(world)
  const output = await outputOf(
    nexus,
    `  - write: { call: write.${writer}, with: { pieces: [one, two] } }
  - read: { call: read.${reader}, with: { reference: '\${ . }' }, output: { as: { text: '\${ . }', reference: '\${ $input }' } } }
`,
  )
  expect(output).toEqual({
    text: 'onetwo',
    reference: {
      blob: 'sha256:25b6746d5172ed6352966a013d93ac846e1110d5a25e8f183b5931f4688842a1',
      size_bytes: 6,
      media_type: 'text/plain',
    },
  })
  const again = await world.restart()
  const digest = '25b6746d5172ed6352966a013d93ac846e1110d5a25e8f183b5931f4688842a1'
  expect(await again.blobs.find(digest)).toEqual({ sizeBytes: 6, mediaType: 'text/plain' })
})

test.each(['trusted', 'other'])('a secret of the run is masked in what %s writes', async (writer) => {
  await using world = await setup()
  const nexus = await open(world, { secrets: { get: async () => 'open sesame' } })
  const pieces = `['\${ "<" + $secrets.door[:5] }', '\${ $secrets.door[5:] + ">" }']`
  const tasks = `  - write: { call: write.${writer}, with: { pieces: ${pieces} } }\n`
  const reference = await outputOf(nexus, tasks, 'use: { secrets: [door] }')
  // What a task reads would be masked in its output: looked at is what is stored.
  const stored: Uint8Array[] = []
  for await (const piece of nexus.blobs.read(reference as BlobReference)) stored.push(piece)
  expect(Buffer.concat(stored).toString()).toBe('<******>')
})

test('a blob that is not there is a fault that a workflow catches', async () => {
  await using world = await setup()
  const nexus = await open(world)
  const reference = `{ blob: 'sha256:${'a'.repeat(64)}', size_bytes: 1, media_type: text/plain }`
  const ended = await outputOf(nexus, `  - read: { call: read.other, with: { reference: ${reference} } }\n`)
  expect(ended).toMatchObject({ status: 'faulted', error: { status: 400, instance: '/do/0/read' } })
})

test('modules are told the policy that a Nexus was opened with, and that all is allowed where it was not', async () => {
  await using world = await setup()
  const policy = { network: { private: false }, programs: { allow: ['git'], deny: ['curl'] } }
  const tasks = `  - both: { fork: { branches: [one: { call: policy.trusted }, two: { call: policy.other }] } }\n`
  expect(await outputOf(await open(world, { policy }), tasks)).toEqual([policy, policy])
  const all = { network: { private: true }, programs: { deny: [] } }
  expect(await outputOf(await open(world), tasks)).toEqual([all, all])
})
