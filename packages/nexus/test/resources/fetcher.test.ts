/** The limits of what is fetched: time, and what a server may say. */
import { systemClock, TaskFault, type Clock } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { fileAndHttpFetcher, fetchMsMax, ResourceMissing, type HttpGet } from '../../src/resources/fetcher.ts'

const address = new URL('https://a.test/f.yaml')
const signal = new AbortController().signal
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** A clock whose timers go off when they are told to. */
function manualClock() {
  const timers = new Map<() => void, number>()
  const clock: Clock = {
    ...systemClock,
    timer(delayMs, callback) {
      timers.set(callback, delayMs)
      return () => timers.delete(callback)
    },
  }
  return { clock, timers, ring: () => [...timers.keys()].forEach((callback) => callback()) }
}

test('a server that never answers is waited for 30 seconds', async () => {
  const { clock, timers, ring } = manualClock()
  let given: AbortSignal | undefined
  const http: HttpGet = (_uri, options) => {
    given = options.signal
    return new Promise(() => {})
  }
  const fetched = fileAndHttpFetcher({ http, clock })(address, { signal })
  expect([...timers.values()]).toEqual([fetchMsMax])
  ring()
  await expect(fetched).rejects.toThrow('no answer in 30 s')
  expect(given?.aborted).toBe(true)
  expect(timers.size).toBe(0)
})

test('no timer is left behind an answer', async () => {
  const { clock, timers } = manualClock()
  const fetcher = fileAndHttpFetcher({ http: async () => bytes('\uFEFFhello'), clock })
  expect(await fetcher(address, { signal })).toBe('hello')
  expect(timers.size).toBe(0)
})

test.each([404, 410])('the status %i says that nothing is there', async (status) => {
  const http: HttpGet = () => Promise.reject(TaskFault.of('communication', 'answered', { status }))
  const fetched = fileAndHttpFetcher({ http, clock: systemClock })(address, { signal })
  await expect(fetched).rejects.toBeInstanceOf(ResourceMissing)
})

test('any other failure is handed on as it is: nobody looks elsewhere', async () => {
  const fault = TaskFault.of('communication', 'redirected without end', { status: 508 })
  const http: HttpGet = () => Promise.reject(fault)
  const fetched = fileAndHttpFetcher({ http, clock: systemClock })(address, { signal })
  await expect(fetched).rejects.toBe(fault)
})

test('the authentication goes to the function that fetches', async () => {
  const seen: unknown[] = []
  const http: HttpGet = async (_uri, { authentication }) => {
    seen.push(authentication)
    return bytes('')
  }
  const fetcher = fileAndHttpFetcher({ http, clock: systemClock })
  await fetcher(address, { signal, authentication: { bearer: { token: 't' } } })
  await fetcher(address, { signal })
  expect(seen).toEqual([{ bearer: { token: 't' } }, undefined])
})
