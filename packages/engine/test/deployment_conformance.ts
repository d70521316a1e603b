/**
 * What every backend must do of deployed workflows, and of where their schedules stand.
 */
import { expect, test } from 'vitest'
import type { CloudEvent, Deployment } from '../src/index.ts'
import { newRun, type BackendWorld } from './backend_conformance.ts'

const deployment: Deployment = {
  workflow: { namespace: 'test', name: 'timed', version: '1.0.0' },
  document: 'do: []',
  workflows: { 'test/inner:latest': 'do: [inner]' },
}
const key = 'test/timed:1.0.0'

const event = (id: string): CloudEvent => ({ specversion: '1.0', id, source: '/test', type: 'tick' })

export function deploymentConformance(setup: () => Promise<BackendWorld>): void {
  test('a deployed workflow is there after a crash, and gone once it is removed', async () => {
    await using world = await setup()
    const first = await world.open()
    const { deployedAt } = await first.deploy(deployment)
    await world.crash(first)
    const second = await world.open()
    expect(second.deployments()).toMatchObject([{ ...deployment, deployedAt, state: {} }])
    await second.undeploy(key)
    await world.crash(second)
    const third = await world.open()
    expect(third.deployments()).toEqual([])
    await expect(third.undeploy(key)).rejects.toMatchObject({ code: 'workflow_not_found' })
    await third.close()
  })

  test('where a schedule stands and the run that it begins are on disk together', async () => {
    await using world = await setup()
    const first = await world.open()
    await first.deploy(deployment)
    await first.advance(key, { every: 5 }, newRun('fired'))
    await world.crash(first)
    const second = await world.open()
    expect(second.deployments()[0]?.state).toEqual({ every: 5 })
    expect(await second.get('fired')).toMatchObject({ status: 'running' })
    await expect(second.advance(key, { every: 6 }, newRun('fired'))).rejects.toMatchObject({
      code: 'run_exists',
    })
    expect(second.deployments()[0]?.state).toEqual({ every: 5 })
    await second.close()
  })

  test('deploying the same again keeps where its schedule stands; another document begins anew', async () => {
    await using world = await setup()
    const backend = await world.open()
    await backend.deploy(deployment)
    await backend.advance(key, { every: 5 })
    expect((await backend.deploy({ ...deployment })).state).toEqual({ every: 5 })
    expect((await backend.deploy({ ...deployment, document: 'do: [other]' })).state).toEqual({})
    expect(backend.deployments()).toMatchObject([{ document: 'do: [other]', state: {} }])
    await backend.close()
  })

  test('a feed gives what was accepted after its place, also after a restart in between', async () => {
    await using world = await setup()
    const first = await world.open()
    await first.publish(event('before'))
    const { accepted } = await first.deploy(deployment)
    await world.crash(first)
    const second = await world.open()
    const signal = new AbortController().signal
    const next = second.feed(accepted).next(({ id }) => id, signal)
    await second.publish(event('after'))
    expect(await next).toMatchObject({ match: 'after' })
    await second.close()
  })

  test('a feed that waits stops when its signal aborts', async () => {
    await using world = await setup()
    const backend = await world.open()
    const abort = new AbortController()
    const next = backend.feed(0).next(() => null, abort.signal)
    abort.abort(new Error('enough'))
    await expect(next).rejects.toThrow('enough')
    await backend.close()
  })
}
