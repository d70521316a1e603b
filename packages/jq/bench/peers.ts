/**
 * The other engines that npm has, each behind the same face: compile once, then give the first output.
 *
 * They are looked for where this package's dependencies are, or in the folder that `--peers` names. One that is not
 * installed is reported as such; one that cannot bind variables gets them inside of its input.
 */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { Json } from '../src/index.ts'

export interface Engine {
  readonly name: string
  /** How often an expression may run: the WebAssembly engines are slow, and one gives up after some hundred. */
  readonly runsMax: number
  compile(source: string): (input: Json) => unknown
}

type Callable = (...args: unknown[]) => unknown

function isCallable(value: unknown): value is Callable {
  return typeof value === 'function'
}

function member(value: unknown, name: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  const found: unknown = Reflect.get(value, name)
  return isCallable(found) ? found.bind(value) : found
}

function callable(value: unknown, what: string): Callable {
  if (isCallable(value)) return value
  throw new TypeError(`${what} is not a function`)
}

const loaders: Readonly<Record<string, (load: (name: string) => Promise<unknown>) => Promise<Engine>>> = {
  async '@michaelhomer/jqjs'(load) {
    const compile = callable(member(await load('@michaelhomer/jqjs'), 'compile'), 'compile')
    return {
      name: '@michaelhomer/jqjs',
      runsMax: Infinity,
      compile(source) {
        const program = callable(compile(source), 'program')
        return (input) => member(callable(member(program(input), 'next'), 'next')(), 'value')
      },
    }
  },
  async 'jq-in-the-browser'(load) {
    const loaded = await load('jq-in-the-browser')
    const jq = callable(member(member(loaded, 'default'), 'default') ?? member(loaded, 'default'), 'jq')
    return {
      name: 'jq-in-the-browser',
      runsMax: Infinity,
      compile: (source) => callable(jq(source), 'program'),
    }
  },
  async 'jq-web'(load) {
    const loaded = member(await load('jq-web'), 'default')
    const jq: unknown = await Promise.resolve(isCallable(loaded) ? loaded() : loaded)
    const json = callable(member(jq, 'json'), 'json')
    return { name: 'jq-web', runsMax: 6, compile: (source) => (input) => json(input, source) }
  },
}

export async function loadPeers(
  folder: string | undefined,
): Promise<{ engines: Engine[]; missing: string[] }> {
  const require = createRequire(folder === undefined ? import.meta.url : `${folder}/`)
  const load = async (name: string): Promise<unknown> => import(pathToFileURL(require.resolve(name)).href)
  const engines: Engine[] = []
  const missing: string[] = []
  for (const [name, loader] of Object.entries(loaders)) {
    try {
      engines.push(await loader(load))
    } catch (error) {
      missing.push(
        `${name}: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
      )
    }
  }
  return { engines, missing }
}
