/** A source text to a program: parse, check, resolve. Closures are built when the program is first run that way. */
import type { Limits } from '../limits.ts'
import type { ModuleResolver } from '../modules.ts'
import { parseModule } from '../syntax/parser.ts'
import { Checker, variableScope } from './check.ts'
import { type Imported, loadImports } from './modules.ts'
import { withEntry } from './names.ts'
import { IDENTITY, type Op } from './ops.ts'
import { Resolver } from './resolve.ts'

export interface CompileOptions {
  /** The caller's variables, without `$`; any other `$name` that nothing binds is an error. */
  readonly variables?: readonly string[]
  readonly modules?: ModuleResolver
  readonly limits?: Partial<Limits>
}

export interface Compiled {
  readonly op: Op
  readonly references: ReadonlySet<string>
  readonly usesClock: boolean
  /** Whether an output may hold a number that is not a double. */
  readonly makesDecimals: boolean
}

export function compileSource(source: string, options: CompileOptions): Compiled {
  const module = parseModule(source)
  const resolver = new Resolver()
  const start: Imported = { names: undefined, scope: undefined }
  options.variables?.forEach((name, index) => {
    start.names = withEntry(start.names, { kind: 'global', name, index })
    start.scope = variableScope(start.scope, name, true)
  })
  const { modules } = options
  const checker = new Checker(source, undefined)
  let { names, scope } = loadImports(module, start, { source, file: undefined, modules, resolver, open: [] })
  for (const definition of module.definitions) {
    scope = checker.definition(definition, scope)
    names = resolver.define(definition, { names, depth: 0 })
  }
  if (module.body !== undefined) checker.node(module.body, scope)
  const op = module.body === undefined ? IDENTITY : resolver.resolve(module.body, { names, depth: 0 })
  return {
    op,
    references: checker.references,
    usesClock: checker.usesClock,
    makesDecimals: checker.makesDecimals || module.imports.length > 0,
  }
}
