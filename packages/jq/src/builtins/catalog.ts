/**
 * Every builtin by its signature: natives over values, native loops over filters, and definitions in jq.
 *
 * The definitions are parsed when one is first asked for and are shared: they are constant.
 */
import type { NativeFunction } from '../compile/ops.ts'
import type { Definition } from '../syntax/ast.ts'
import { parseModule } from '../syntax/parser.ts'
import { collections } from './collections.ts'
import { conversions } from './conversions.ts'
import { dates } from './dates.ts'
import { hosts } from './hosts.ts'
import { loopSignatures } from './loops.ts'
import { mathematics } from './mathematics.ts'
import { preludeText } from './prelude.ts'
import { regexes } from './regexes.ts'
import { selections } from './selections.ts'
import { strings } from './strings.ts'

export interface Native {
  readonly name: string
  readonly run: NativeFunction
  /** Which of several arguments with several outputs varies slowest. */
  readonly order: 'first' | 'last'
  readonly mayBeEmpty: boolean
}

const FIRST_VARIES_SLOWEST: ReadonlySet<string> = new Set(['split/2'])
const SPECIAL: readonly string[] = ['empty/0', 'path/1', 'first/1', 'getpath/1']

const tables: readonly Readonly<Record<string, NativeFunction>>[] = [
  collections,
  conversions,
  dates,
  hosts,
  mathematics,
  regexes,
  selections,
  strings,
  { 'builtins/0': () => builtinNames() },
]

const natives: ReadonlyMap<string, Native> = new Map(
  tables.flatMap((table) =>
    Object.entries(table).map(([signature, run]): [string, Native] => [
      signature,
      {
        name: signature.slice(0, signature.indexOf('/')),
        run,
        order: FIRST_VARIES_SLOWEST.has(signature) ? 'first' : 'last',
        mayBeEmpty: table === selections,
      },
    ]),
  ),
)

let prelude: ReadonlyMap<string, Definition> | undefined

function definitions(): ReadonlyMap<string, Definition> {
  prelude ??= new Map(
    parseModule(preludeText, '<builtin>').definitions.map((definition) => [
      `${definition.name}/${definition.parameters.length}`,
      definition,
    ]),
  )
  return prelude
}

export function lookupNative(signature: string): Native | undefined {
  return natives.get(signature)
}

/** For each argument of a native loop, whether it is a value. */
export function lookupLoop(signature: string): readonly boolean[] | undefined {
  return loopSignatures.get(signature)
}

export function lookupPrelude(signature: string): Definition {
  const found = definitions().get(signature)
  if (found === undefined) throw new TypeError(`No builtin ${signature}`)
  return found
}

export function isBuiltin(signature: string): boolean {
  return natives.has(signature) || definitions().has(signature) || SPECIAL.includes(signature)
}

function builtinNames(): string[] {
  const all = new Set([...natives.keys(), ...definitions().keys(), ...SPECIAL])
  return [...all].filter((signature) => !signature.startsWith('_'))
}
