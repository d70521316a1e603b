/** When a request ends, whatever it is doing. */
import { expect, test } from 'vitest'
import { openPolicy, systemClock } from '@nexus/sdk'
import { Deadline } from '../../transport/deadline.ts'
import { resolveBySystem } from '@nexus/sdk/network'
import { readSettings } from '../../transport/settings.ts'
import { Transport } from '../../transport/transport.ts'
import { echo, serve } from '../world.ts'

const late = new Error('late')

/** A deadline whose time is up when the test says so. */
function ending(signal = new AbortController().signal) {
  let ring = (): void => undefined
  const clock = {
    ...systemClock,
    timer: (_delayMs: number, callback: () => void) => ((ring = callback), () => undefined),
  }
  return { deadline: new Deadline(signal, { clock, leftMs: 1, fault: () => late }), timeUp: () => ring() }
}

test('it ends with its time or with its call, whichever is first, and tells who watches', () => {
  const heard: Error[] = []
  const { deadline, timeUp } = ending()
  deadline.watch((reason) => void heard.push(reason))
  expect(deadline.reason).toBeUndefined()
  timeUp()
  expect(heard).toEqual([late])
  const call = new AbortController()
  const other = ending(call.signal)
  other.deadline.watch((reason) => void heard.push(reason))
  const cancelled = new Error('cancelled')
  call.abort(cancelled)
  expect(heard).toEqual([late, cancelled])
  expect(other.deadline.reason).toBe(cancelled)
})

test('who has called it off hears nothing, and who comes too late hears at once', () => {
  const heard: Error[] = []
  const { deadline, timeUp } = ending()
  deadline.watch((reason) => void heard.push(reason))()
  timeUp()
  expect(heard).toEqual([])
  deadline.watch((reason) => void heard.push(reason))
  expect(heard).toEqual([late])
})

test('a wait that it ends rejects with the reason', async () => {
  const { deadline, timeUp } = ending()
  const waiting = deadline.during((signal) => systemClock.sleep(60_000, signal))
  timeUp()
  await expect(waiting).rejects.toBe(late)
})

test('a request that is too late already is not sent', async () => {
  const { deadline, timeUp } = ending()
  timeUp()
  let asked = 0
  const url = new URL(await serve((request, response) => (asked++, echo(request, response))))
  const settings = readSettings({})
  const transport = new Transport({
    settings,
    policy: openPolicy,
    clock: systemClock,
    resolve: resolveBySystem,
  })
  const request = {
    method: 'GET',
    url,
    headers: {},
    body: undefined,
    followsRedirects: false,
    authentication: undefined,
  }
  const limits = { responseBytesMax: 1, largerHint: '', overflow: undefined, blobs: undefined }
  await expect(transport.send(request, { ...limits, clock: systemClock, deadline })).rejects.toBe(late)
  await transport.close()
  expect(asked).toBe(0)
})
