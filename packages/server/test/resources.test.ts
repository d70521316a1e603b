import { operations } from '@nexus/api'
import { version } from '@nexus/nexus'
import { Check } from 'typebox/value'
import { expect, test } from 'vitest'
import { documentOf, greet, problemOf, setup } from './world.ts'

const { runs, workflows, modules } = operations

test('a server says which it is', async () => {
  await using world = await setup()
  const { instance } = world.served
  expect(await world.client.call(operations.server.health)).toEqual({ status: 'ok', version, instance })
  await world.restart()
  expect((await world.client.call(operations.server.health)).instance).not.toBe(instance)
})

test('a workflow is deployed, listed, shown and removed', async () => {
  await using world = await setup()
  const workflow_text = greet.replace('\ndo:', "\nschedule: { cron: '0 6 * * *' }\ndo:")
  const deployed = await world.client.call(workflows.deploy, { body: { workflow_text } })
  expect(deployed).toMatchObject({ key: 'test/sample:1.0.0', document: workflow_text })
  expect(deployed.schedule).toEqual({ cron: '0 6 * * *' })
  expect(await world.client.call(workflows.list)).toEqual({ workflows: [deployed] })
  const params = { namespace: 'test', name: 'sample', version: '1.0.0' }
  expect(await world.client.call(workflows.get, { params })).toEqual(deployed)
  expect(await world.client.call(workflows.remove, { params })).toEqual(deployed)
  for (const method of ['GET', 'DELETE']) {
    const response = await world.ask('/workflows/test/sample/1.0.0', { method })
    expect(await problemOf(response)).toMatchObject({ status: 404, code: 'workflow_not_found' })
  }
})

test('the modules are listed and shown', async () => {
  await using world = await setup()
  const { modules: listed } = await world.client.call(modules.list)
  const loop = await world.client.call(modules.get, { params: { id: 'loop_orchestrator' } })
  expect(loop).toEqual(listed.find(({ id }) => id === 'loop_orchestrator'))
  expect(loop.provides).toContainEqual(expect.objectContaining({ task: 'for' }))
})

interface OpenApi {
  readonly openapi: string
  readonly paths: Record<string, Record<string, { readonly responses: object }>>
  readonly components: { readonly schemas: Record<string, object> }
}

test('the OpenAPI document has every operation, and every schema that it refers to', async () => {
  await using world = await setup()
  const text = await (await world.ask('/openapi.json')).text()
  const { openapi, paths, components } = JSON.parse(text) as OpenApi
  expect(openapi).toMatch(/^3\.1\./)
  const listed = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const all = Object.values(operations).flatMap((group) => Object.values(group))
  expect(listed.toSorted()).toEqual(all.map(({ method, path }) => `${method} ${path}`).toSorted())
  const referred = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)
  expect(new Set(referred)).toEqual(new Set(Object.keys(components.schemas)))
  const answers = Object.values(paths).flatMap((methods) => Object.values(methods))
  for (const { responses } of answers) expect(responses).toHaveProperty('default')
})

test('what is answered is what the schemas say', async () => {
  await using world = await setup()
  const { client } = world
  const faulty = documentOf('  - no: { raise: { error: { type: https://example.com/no, status: 418 } } }\n')
  for (const workflow_text of [greet, faulty]) {
    const body = { workflow_text, input: { name: 'A' } }
    const { id } = await client.call(runs.start, { body })
    expect(Check(runs.get.answer.schema, await client.ended(id))).toBe(true)
  }
  await client.call(workflows.deploy, { body: { workflow_text: greet } })
  for (const each of [runs.list, workflows.list, modules.list]) {
    expect(Check(each.answer.schema, await client.call(each))).toBe(true)
  }
})

test('the page about the interface shows every operation, and needs nothing from elsewhere', async () => {
  await using world = await setup()
  const response = await world.ask('/docs')
  const html = await response.text()
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
  expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/)
  for (const group of Object.values(operations)) {
    for (const { path, summary } of Object.values(group)) {
      expect(html).toContain(`<code>${path}</code> ${summary}`)
    }
  }
  expect(html).not.toMatch(/<script|src=|href="(?!\/openapi\.json|#)|@import|url\(/)
})
