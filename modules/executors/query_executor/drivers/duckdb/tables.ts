/** Data files as tables: the statements that make a view over each, and let DuckDB read them and nothing else. Pure. */
import { extname } from 'node:path'
import { TaskFault } from '@nexus/sdk'

export type Tables = Readonly<Record<string, readonly string[]>>

/** Each file is a view, so that a query reads of it what it needs. Throws a `TaskFault` for a file of an unknown kind. */
export function viewsOf(tables: Tables): readonly string[] {
  const paths = Object.values(tables).flat().map(literal)
  const views = Object.entries(tables).map(([name, files]) => {
    const [first = ''] = files
    const list = `[${files.map(literal).join(', ')}]`
    return `CREATE VIEW "${name}" AS SELECT * FROM ${readerOf(first, list, name)}`
  })
  return [`SET allowed_paths = [${paths.join(', ')}]`, ...views]
}

function readerOf(path: string, list: string, name: string): string {
  if (/[*?[\]]/.test(path))
    throw unreadable(
      path,
      name,
      'a name with *, ?, [ or ] would name other files too. List the files, or rename it.',
    )
  const ending = extname(path.replace(/\.(?:gz|zst)$/i, '')).toLowerCase()
  switch (ending) {
    case '.csv':
    case '.txt':
      return `read_csv(${list}, union_by_name = true)`
    case '.tsv':
      return `read_csv(${list}, union_by_name = true, delim = '\t')`
    case '.parquet':
      return `read_parquet(${list}, union_by_name = true)`
    case '.json':
      return `read_json(${list}, union_by_name = true)`
    case '.jsonl':
    case '.ndjson':
      return `read_json(${list}, union_by_name = true, format = 'newline_delimited')`
    default: {
      const known = '.csv, .tsv, .txt, .parquet, .json, .jsonl and .ndjson, also with .gz or .zst.'
      throw unreadable(path, name, `files that end in "${ending}" are not known. Known are ${known}`)
    }
  }
}

export function unreadable(path: string, name: string, why: string): TaskFault {
  return TaskFault.of('validation', `The file "${path}" cannot be read as the table ${name}: ${why}`)
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
