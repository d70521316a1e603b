/** What `run.container` takes and what it refuses, before anything is run. */
import { expect, test } from 'vitest'
import { TaskFault, type Json } from '@nexus/sdk'
import { readContainer } from '../container/container.ts'

test('what a task leaves out has the specification’s defaults', () => {
  expect(readContainer({ container: { image: 'alpine' } })).toEqual({
    image: 'alpine',
    name: undefined,
    command: undefined,
    arguments: [],
    stdin: undefined,
    environment: {},
    ports: [],
    volumes: [],
    lifetime: { cleanup: 'never' },
    pull: 'missing',
    returns: 'stdout',
  })
})

test.for(['alpine', 'Host.example:5000/a/b_c:1.2-x', 'a@sha256:0a1b', 'localhost/box', 'ab12ef'])(
  '%s is an image',
  (image) => {
    expect(readContainer({ container: { image } }).image).toBe(image)
  },
)

test.for([
  [{ days: 1, milliseconds: 5 }, 86_400_005],
  ['P1W', 604_800_000],
  ['PT1H0.5S', 3_600_500],
] as [Json, number][])('a lifetime of %j ends', ([after, afterMs]) => {
  const lifetime = { cleanup: 'eventually', after }
  expect(readContainer({ container: { image: 'a', lifetime } }).lifetime).toEqual({
    cleanup: 'eventually',
    afterMs,
  })
})

test.for([
  [{}, 'container must be an object'],
  [{ image: '--privileged' }, 'container.image must be an image'],
  [{ image: 'oci:/etc' }, 'container.image must be an image'],
  [{ image: 'a b' }, 'container.image must be an image'],
  [{ image: 'a', name: '-v' }, 'container.name must be'],
  [{ image: 'a', command: ['a'] }, 'container.command must be a text'],
  [{ image: 'a', arguments: [{}] }, 'container.arguments[0] must be a text'],
  [{ image: 'a', environment: { 'A=B': 'c' } }, 'the name "A=B" must be'],
  [{ image: 'a', environment: { A: [] } }, 'container.environment.A must be'],
  [{ image: 'a', ports: { 0: 80 } }, 'container.ports.0 must be a port'],
  [{ image: 'a', ports: { 80: 65536 } }, 'container.ports.80 must be a port'],
  [{ image: 'a', ports: { '0.0.0.0:80': 80 } }, 'container.ports.0.0.0.0:80 must be a port'],
  [{ image: 'a', ports: { 80: '80/sctp' } }, 'container.ports.80 must be a port'],
  [{ image: 'a', volumes: { '~': '/a' } }, 'container.volumes.~ must be named by a folder'],
  [{ image: 'a', volumes: { '/a': 'b' } }, 'container.volumes./a must be a folder in the container'],
  [{ image: 'a', volumes: { '/a': '/b,readonly=false' } }, 'without commas'],
  [{ image: 'a', lifetime: { cleanup: 'eventually' } }, 'container.lifetime.after must be a duration'],
  [
    { image: 'a', lifetime: { cleanup: 'eventually', after: { hors: 1 } } },
    'container.lifetime.after must be',
  ],
  [{ image: 'a', lifetime: { cleanup: 'soon' } }, 'container.lifetime.cleanup must be always'],
  [{ image: 'a', pullPolicy: 'sometimes' }, 'container.pullPolicy must be'],
] as [Json, string][])('wrong arguments are a validation error: %j', ([container, message]) => {
  const input = Object.keys(container ?? {}).length === 0 ? {} : { container }
  const fault = faultIn(() => readContainer(input))
  expect(fault.error.type).toContain('validation')
  expect(fault.message).toContain(message)
})

test('a process that nobody awaits is the engine’s affair, not a module’s', () => {
  const fault = faultIn(() => readContainer({ container: { image: 'a' }, await: false }))
  expect(fault.message).toContain('only a `run` task of a workflow')
})

function faultIn(work: () => unknown): TaskFault {
  try {
    work()
  } catch (error) {
    if (error instanceof TaskFault) return error
    throw error
  }
  throw new Error('This should have faulted.')
}
