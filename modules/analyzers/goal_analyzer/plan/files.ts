/**
 * Files and formats: how a file's text becomes a value, and a value a file's text, by the ending of its name.
 */
import type { ValueType } from './values.ts'

export type Format = 'csv' | 'tsv' | 'json' | 'jsonl' | 'text' | 'parquet'

export function formatOf(path: string): Format {
  const ending = /\.([A-Za-z0-9]+)(?:[?#].*)?$/.exec(path)?.[1]?.toLowerCase()
  switch (ending) {
    case 'csv':
    case 'tsv':
    case 'json':
    case 'parquet':
      return ending
    case 'jsonl':
    case 'ndjson':
      return 'jsonl'
    default:
      return 'text'
  }
}

/** jq over a file's text, and the type of what comes out. */
export function reading(format: Format): { expression: string | undefined; type: ValueType } {
  switch (format) {
    case 'csv':
      return { expression: 'csv_rows(",")', type: 'rows' }
    case 'tsv':
      return { expression: 'csv_rows("\\t")', type: 'rows' }
    case 'json':
      return { expression: 'fromjson', type: 'any' }
    case 'jsonl':
      return { expression: 'lines | map(select(. != "") | fromjson)', type: 'rows' }
    case 'text':
    case 'parquet':
      return { expression: undefined, type: 'text' }
  }
}

/** jq over a value: the text of a file in that format. */
export function writing(format: Format): string {
  switch (format) {
    case 'csv':
      return 'if type == "string" then . else csv_text(",") end'
    case 'tsv':
      return 'if type == "string" then . else csv_text("\\t") end'
    case 'json':
      return 'pretty'
    case 'jsonl':
      return 'if type == "array" then map(tojson + "\\n") | join("") else pretty end'
    case 'text':
    case 'parquet':
      return 'plain_text'
  }
}

/** `sales` for data/sales.csv, `users` for https://example.com/users?page=1. */
export function stemOf(path: string): string {
  const parts = path.replace(/[?#].*$/, '').split('/')
  const name = parts.findLast((part) => part !== '') ?? path
  return name.replace(/(?<=.)\.[A-Za-z0-9]+$/, '').toLowerCase()
}

/** A file whose text is no text: nothing here reads or writes it as one. */
export function isBinary(path: string): boolean {
  return /\.(?:parquet|arrow|feather|avro|orc|xlsx?|ods|docx?|pptx?|pdf|zip|t?gz|bz2|xz|zst|7z|tar|png|jpe?g|gif|webp|ico|bmp|tiff?|mp[34]|wav|ogg|avi|mov|mkv|exe|bin|so|dll|class|jar|wasm|pyc|db|sqlite3?|duckdb)$/i.test(
    path,
  )
}

/** Whether a name ends as files of data, text or code do. */
export function hasKnownEnding(path: string): boolean {
  return /\.(?:csv|tsv|json|jsonl|ndjson|parquet|txt|text|log|md|ya?ml|xml|html?|ini|conf|cfg|toml|env|sql|py|m?js|ts|sh|db|sqlite3?|duckdb|out|dat|data|tmp|bak|gz|zip|pdf|xlsx?|rtf|tex|lock)$/i.test(
    path,
  )
}

/** The name of one file: nothing that a terminal would read otherwise, and no pattern of several. */
export function isFileName(path: string): boolean {
  return path.length < 1024 && !/[\p{Cc}*]/u.test(path)
}

export function asArgument(path: string): string {
  return path.startsWith('-') ? `./${path}` : path
}

export function isDatabase(path: string): boolean {
  return /\.(?:db|sqlite3?|duckdb)$/i.test(path)
}
