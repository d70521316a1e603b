/** `import "path" as name;`, `import "path" as $name;` and `include "path";`, with their metadata. */
import type { Import } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseQuery, requireConstantObject } from './parser.ts'
import { parseString } from './terms.ts'

export function parseImports(cursor: Cursor): Import[] {
  const imports: Import[] = []
  while (cursor.isKeyword('import') || cursor.isKeyword('include')) imports.push(parseImport(cursor))
  return imports
}

function parseImport(cursor: Cursor): Import {
  const start = cursor.peek()
  const isInclude = cursor.next().text === 'include'
  const text = parseString(cursor)
  const path = text.kind === 'literal' ? text.value : undefined
  if (typeof path !== 'string') cursor.failAt('Import path must be constant', text.span)
  const isData = !isInclude && cursor.peek(1).kind === 'binding'
  let alias: string | undefined
  if (!isInclude) {
    cursor.expectKeyword('as')
    alias = cursor.expectKind(isData ? 'binding' : 'name').text
  }
  const metadata = cursor.isOperator(';') ? undefined : parseQuery(cursor)
  if (metadata !== undefined) requireConstantObject(cursor, metadata, 'Module')
  cursor.expect(';')
  return { path, alias, isData, metadata, span: cursor.since(start) }
}
