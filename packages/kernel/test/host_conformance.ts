/**
 * What every host promises, as one suite: `hostConformance('in_process', makeHost, options)`. Modules have been built
 * already, so that the suite tests the host and nothing around it; a dialect has them in one language.
 */
import { type Host, type InvocationContext } from '@nexus/kernel'
import { Cancelled, NexusError, TaskFault, type ChildTask, type Json } from '@nexus/sdk'
import { describe, expect, test } from 'vitest'
import { wrongResults, type TaskName } from './dialects/dialect.ts'
import { life } from './host_conformance/life.ts'
import { makeSubject, type ConformanceOptions, type Subject } from './host_conformance/subject.ts'
import { blobTasks } from './host_blobs.ts'
import { task } from './world.ts'

export type { ConformanceOptions }

export function hostConformance(name: string, makeHost: () => Host, options: ConformanceOptions): void {
  const subject = makeSubject(makeHost, options)
  const title = options.skip === undefined ? `host ${name}` : `host ${name} (not here: ${options.skip})`
  describe.skipIf(options.skip !== undefined)(title, () => {
    describe('tasks', () => tasks(subject))
    describe('tasks that ask their host', () => askingTasks(subject))
    describe('tasks with blobs', () => blobTasks(subject))
    describe('tasks that fail', () => failures(subject))
    describe('results that are none', () => notResults(subject))
    life(subject)
  })
}

function tasks({ dialect, setUp, run }: Subject): void {
  test('a task gets its input and gives its output', async () => {
    const result = await run({ code: dialect.tasks['wraps its input'] }, [1, { a: null }])
    expect(result).toMatchObject({ success: true, outputData: { got: [1, { a: null }] } })
  })

  test('a task sees its configuration, and the clock, signal and key that it was invoked with', async () => {
    const code = dialect.tasks['shows its context']
    const result = await run({ code, hosted: { config: { size: 3 } } })
    expect(result).toMatchObject({
      outputData: [{ size: 3 }, 'number', false, 'test-key', '/do/0/test', { size: 3 }],
    })
  })

  test('many tasks are under way at once', async () => {
    const code = dialect.tasks['reads state, then gives its input']
    const instance = await setUp({ code }).start()
    const results = await Promise.all(Array.from({ length: 100 }, (_, i) => instance.execute(task(i))))
    expect(results.map((result) => result.outputData)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    await instance.stop()
  })

  test('state outlives a task, and is a copy', async () => {
    const code = dialect.tasks['adds its input to a list']
    const instance = await setUp({ code }).start()
    await instance.execute(task(1))
    expect(await instance.execute(task(2))).toMatchObject({ outputData: [1, 2] })
    await instance.stop()
  })

  test('a secret that the manifest does not list is refused, one that it lists is given', async () => {
    const code = dialect.tasks['reads the secret that its input names']
    const manifest = { permissions: { secrets: ['known'] } }
    const hosted = { secrets: { get: async (secret: string) => `value of ${secret}` } }
    expect(await run({ code, manifest, hosted }, 'known')).toMatchObject({ outputData: 'value of known' })
    await expect(run({ code, manifest, hosted }, 'other')).rejects.toThrow(
      /"subject" asks for the secret "other"/,
    )
  })
}

function askingTasks({ dialect, setUp }: Subject): void {
  const runWith = async (
    name: TaskName,
    options: Parameters<typeof task>[1],
    more: Partial<InvocationContext> = {},
  ): Promise<{ result: Promise<unknown>; logged: string[] }> => {
    const { logged, start } = setUp({ code: dialect.tasks[name] })
    const instance = await start()
    const result = instance.execute({ ...task(null, options), ...more })
    await result.catch(() => undefined)
    await instance.stop()
    return { result, logged }
  }

  test('a task reaches its run, other capabilities, its stream and its log', async () => {
    const streamed: unknown[] = []
    const seen: unknown[] = []
    const see = (input: Json, child: ChildTask): Json => {
      const { signal: _signal, ...rest } = child
      seen.push(rest)
      return input
    }
    const options = {
      input: 'run input',
      parentContext: { taskId: '/do', name: 'around', kind: 'do' },
      tasks: { one: see, do: see },
      calls: { double: (input: Json) => Number(input) * 2 },
      evaluate: (expression: string, input: Json) => [expression, input],
      kept: { before: true },
    }
    const { result, logged } = await runWith('asks its host for everything', options, {
      stream: (chunk) => void streamed.push(chunk),
    })
    expect(await result).toMatchObject({
      outputData: {
        run: ['00000000-0000-7000-8000-000000000000', 'run input'],
        parent: { taskId: '/do', name: 'around', kind: 'do' },
        kind: 'test',
        child: { status: 'completed', output: 1, then: 'continue' },
        list: { status: 'completed', output: 2, then: 'continue' },
        kept: { before: true },
        value: ['.a', { a: 4 }],
        output: 42,
      },
    })
    expect(seen).toEqual([
      { at: ['do', 0, 'one'], input: 1, variables: { v: 2 } },
      { at: ['do'], path: ['for', 3], input: 2 },
    ])
    expect(streamed).toEqual([{ channel: 'progress', text: 'half' }])
    expect(logged).toEqual(['careful'])
  })

  test.each([
    ['a fault', TaskFault.of('communication', 'the line is dead')],
    ['a cancellation', new Cancelled('no longer needed')],
    ['an error of the host itself', new NexusError('storage_failed', 'the disk is full')],
  ])('%s that a call throws passes through the module as the very same', async (_name, thrown) => {
    const risky = (): never => {
      throw thrown
    }
    const { result } = await runWith('calls "risky"', { calls: { risky } })
    expect(await result.catch((error: unknown) => error)).toBe(thrown)
  })

  test('any other error that a call throws is a runtime fault that names the module', async () => {
    const risky = (): never => {
      throw new RangeError('too far')
    }
    const { result } = await runWith('calls "risky"', { calls: { risky } })
    await expect(result).rejects.toThrow('Module "subject" 1.2.3 failed: RangeError: too far.')
  })

  test('what is not JSON is not handed to a call', async () => {
    const { result } = await runWith('calls with what is not JSON', { calls: { double: () => 1 } })
    await expect(result).rejects.toThrow(/[Nn]ot JSON/)
  })

  test('a child task is aborted alone', async () => {
    const aborted: unknown[] = []
    const tasks = {
      quick: () => 'quick',
      slow: (_input: Json, { signal }: ChildTask) =>
        new Promise<never>((_, reject) =>
          signal?.addEventListener('abort', () => {
            aborted.push('slow')
            reject(signal.reason as Error)
          }),
        ),
    }
    const { result } = await runWith('aborts one of its children', { tasks })
    expect(await result).toMatchObject({ outputData: ['quick', 'not needed'] })
    expect(aborted).toEqual(['slow'])
  })
}

function failures({ dialect, setUp, run }: Subject): void {
  test('an object with the shape of a result is one', async () => {
    const code = dialect.tasks['gives the shape of a result']
    expect(await run({ code })).toMatchObject({ success: true, outputData: { a: 1 }, nextModule: 'b' })
  })

  test('a failure that is given back keeps its error', async () => {
    const code = dialect.tasks['gives a timeout back']
    expect(await run({ code })).toMatchObject({
      success: false,
      error: { status: 408, detail: 'too late' },
    })
  })

  test('a TaskFault that is thrown passes as it is', async () => {
    const code = dialect.tasks['throws a fault']
    await expect(run({ code })).rejects.toMatchObject({ error: { status: 400, detail: 'bad input' } })
  })

  test('any other exception is a runtime fault that names the module and its version', async () => {
    const thrown = await run({ code: dialect.tasks.throws }).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(TaskFault)
    expect(thrown).toMatchObject({
      error: {
        status: 500,
        detail: `Module "subject" 1.2.3 failed: ${dialect.words.exception}: no such row.`,
      },
    })
  })

  test('an exception is told with what it was made of', async () => {
    const { exception } = dialect.words
    await expect(run({ code: dialect.tasks['throws what has a cause'] })).rejects.toMatchObject({
      error: { detail: `Module "subject" 1.2.3 failed: ${exception}: no rows: no table: no disk.` },
    })
  })

  test('a task that ends because its run was cancelled is cancelled, whatever it throws then', async () => {
    const abort = new AbortController()
    const code = dialect.tasks['waits to be cancelled, then throws']
    const instance = await setUp({ code }).start()
    const running = instance.execute(task(null, { signal: abort.signal }))
    abort.abort(new Cancelled())
    await expect(running).rejects.toBeInstanceOf(Cancelled)
    await instance.stop()
  })
}

function notResults({ dialect, run }: Subject): void {
  test.each(wrongResults)('%s is a runtime fault that names the module', async (name) => {
    const [code, message] = dialect.wrongResults[name]
    const thrown = await run({ code }).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(TaskFault)
    expect(String(thrown)).toMatch(message)
    expect(String(thrown)).toContain('Module "subject" 1.2.3')
  })
}
