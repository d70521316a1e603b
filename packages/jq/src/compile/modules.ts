/**
 * Loading what `import` and `include` name, once for each program, and saying what a module consists of.
 *
 * A module sees only what it imports itself; a cycle is an error.
 */
import { toText } from '../values/print.ts'
import { JqSyntaxError, raise } from '../errors.ts'
import type { ModuleResolver, ResolvedModule } from '../modules.ts'
import type { Import, Module, Node, Span } from '../syntax/ast.ts'
import { parseModule } from '../syntax/parser.ts'
import { exported } from '../values/export.ts'
import { type ObjectValue, setOwn, type Value } from '../values/value.ts'
import { type Checker, functionScope, variableScope } from './check.ts'
import { Checker as ModuleChecker } from './check.ts'
import { type Names, withEntry } from './names.ts'
import type { Resolver } from './resolve.ts'

export type CheckScope = Parameters<Checker['node']>[1]

/** What a text of definitions or a program can see before its own definitions. */
export interface Imported {
  names: Names | undefined
  scope: CheckScope
}

interface Loading {
  readonly source: string
  readonly file: string | undefined
  readonly modules: ModuleResolver | undefined
  readonly resolver: Resolver
  readonly open: readonly string[]
}

export function loadImports(module: Module, start: Imported, loading: Loading): Imported {
  return module.imports.reduce((seen, imported) => loadImport(imported, seen, loading), start)
}

function loadImport(imported: Import, seen: Imported, loading: Loading): Imported {
  const found = find(imported, loading)
  if (found === undefined) {
    return fail(`module not found: ${imported.path}`, imported.span, loading)
  }
  if ('data' in found) {
    if (imported.alias === undefined || !imported.isData)
      return fail(`not a program: ${imported.path}`, imported.span, loading)
    return withData(imported.alias, found.data, seen)
  }
  if (loading.open.includes(found.id)) return fail(`module cycle through ${found.id}`, imported.span, loading)
  const prefix = imported.alias === undefined ? '' : `${imported.alias}::`
  return loadModule(found.id, found.source, prefix, seen, loading)
}

function find(imported: Import, loading: Loading): ResolvedModule | undefined {
  const { path, isData, metadata } = imported
  const constant = metadata === undefined ? undefined : exported(constantOf(metadata))
  return loading.modules?.({ path, isData, metadata: constant, from: loading.file })
}

function fail(reason: string, span: Span, loading: Loading): never {
  throw new JqSyntaxError(reason, loading.source, span, loading.file)
}

function withData(alias: string, data: Value, seen: Imported): Imported {
  let { names, scope } = seen
  for (const name of [alias, `${alias}::${alias}`]) {
    names = withEntry(names, { kind: 'constant', name, value: data })
    scope = variableScope(scope, name)
  }
  return { names, scope }
}

function loadModule(id: string, source: string, prefix: string, seen: Imported, loading: Loading): Imported {
  const module = parseModule(source, id)
  if (module.body !== undefined) {
    const span = module.body.span
    throw new JqSyntaxError(
      'library should only have function definitions, not a main expression',
      source,
      span,
      id,
    )
  }
  const inside = { ...loading, source, file: id, open: [...loading.open, id] }
  let own = loadImports(module, { names: undefined, scope: undefined }, inside)
  let { names, scope } = seen
  const checker = new ModuleChecker(source, id)
  for (const definition of module.definitions) {
    own = {
      scope: checker.definition(definition, own.scope),
      names: loading.resolver.define(definition, { names: own.names, depth: 0 }),
    }
    const entry = own.names?.entry
    if (entry?.kind !== 'function' && entry?.kind !== 'routine') continue
    names = withEntry(names, {
      kind: 'foreign',
      name: prefix + definition.name,
      arity: entry.arity,
      at: own.names,
    })
    scope = functionScope(scope, prefix + definition.name, entry.arity)
  }
  return { names, scope }
}

/** The value of a node that the parser has found to be constant. */
export function constantOf(node: Node): Value {
  switch (node.kind) {
    case 'literal':
      return node.value
    case 'array':
      return node.body === undefined ? [] : constantList(node.body)
    case 'object': {
      const object: ObjectValue = {}
      for (const { key, value } of node.entries) setOwn(object, toText(constantOf(key)), constantOf(value))
      return object
    }
    default:
      return null
  }
}

function constantList(node: Node): Value[] {
  return node.kind === 'comma'
    ? [...constantList(node.left), ...constantList(node.right)]
    : [constantOf(node)]
}

/** What `modulemeta` answers. */
export function describeModule(modules: ModuleResolver | undefined, path: string): Value {
  const found = modules?.({ path, isData: false, metadata: undefined, from: undefined })
  if (found === undefined || 'data' in found) return raise(`module not found: ${path}`)
  const module = parseModule(found.source, found.id)
  const metadata = module.metadata === undefined ? {} : constantOf(module.metadata)
  const described: ObjectValue = {}
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata))
    Object.assign(described, metadata)
  setOwn(described, 'deps', module.imports.map(describeImport))
  const defs = module.definitions.map((definition) => `${definition.name}/${definition.parameters.length}`)
  setOwn(described, 'defs', [...new Set(defs)])
  return described
}

function describeImport(imported: Import): Value {
  const described: ObjectValue = {}
  const metadata = imported.metadata === undefined ? {} : constantOf(imported.metadata)
  if (typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata))
    Object.assign(described, metadata)
  if (imported.alias !== undefined) setOwn(described, 'as', imported.alias)
  setOwn(described, 'is_data', imported.isData)
  setOwn(described, 'relpath', imported.path)
  return described
}
