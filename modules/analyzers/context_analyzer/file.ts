/** One file as a source of data: what it is, how large, and the shape of what is in it. Its contents are data, and stay. */
import { extname } from 'node:path'
import type { JsonObject } from '@nexus/sdk'
import { clip } from './clip.ts'
import type { Mention } from './mentions.ts'
import { namesIn, placeOf, shownPath, type Folders } from './place.ts'
import { sampleOf, textOf, type Sample } from './sample.ts'
import { delimitedShape } from './shapes/delimited.ts'
import { jsonLinesShape, jsonShape } from './shapes/json.ts'
import { sqliteShape } from './shapes/sqlite.ts'
import type { Telling } from './shapes/types.ts'

const entriesShownMax = 50

/** Undefined for a word that only looked like a file. Never rejects. */
export async function describeFile(
  { name, certain }: Mention,
  folders: Folders,
  telling: Telling,
): Promise<JsonObject | undefined> {
  const shown = clip(name)
  const place = await placeOf(name, folders)
  switch (place.kind) {
    case 'outside':
      return certain ? { name: shown, state: 'refused', reason: outside } : undefined
    case 'missing':
      if (!certain) return undefined
      return {
        name: shown,
        state: 'missing',
        ...(place.nearest !== undefined && { nearest: clip(place.nearest) }),
      }
    case 'there':
      return { name: shown, ...(await look(place.path, folders, telling)) }
  }
}

const outside =
  'It is outside the folders that may be looked at. Whoever runs this Nexus may add its folder to `folders` of context_analyzer.'

async function look(path: string, folders: Folders, telling: Telling): Promise<JsonObject> {
  const place = { path: clip(shownPath(path, folders)) }
  try {
    const sample = await sampleOf(path)
    if (!sample) return { state: 'found', ...place, ...(await folderShape(path)) }
    const { sizeBytes, modifiedMs } = sample
    const about = { size_bytes: sizeBytes, modified: new Date(modifiedMs).toISOString() }
    return { state: 'found', ...place, ...about, ...shapeOf(path, sample, telling) }
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    return { state: 'unreadable', ...place, reason: clip(`It cannot be read: ${why}.`) }
  }
}

async function folderShape(path: string): Promise<JsonObject> {
  const names = await namesIn(path)
  return {
    kind: 'folder',
    entries: names.slice(0, entriesShownMax).map((each) => clip(each)),
    ...(names.length > entriesShownMax && { entries_left_off: names.length - entriesShownMax }),
  }
}

function shapeOf(path: string, sample: Sample, telling: Telling): JsonObject {
  const { bytes, complete } = sample
  if (bytes.subarray(0, 16).toString('latin1') === 'SQLite format 3\0')
    return { kind: 'sqlite', ...sqliteShape(path, telling) }
  if (bytes.subarray(0, 4).toString('latin1') === 'PAR1') return { kind: 'parquet' }
  if (bytes.includes(0)) return { kind: 'binary' }
  const text = textOf(sample)
  switch (extname(path).toLowerCase()) {
    case '.csv':
      return { kind: 'csv', ...delimitedShape(text, complete, telling) }
    case '.tsv':
    case '.tab':
      return { kind: 'tsv', ...delimitedShape(text, complete, telling) }
    case '.jsonl':
    case '.ndjson':
      return { kind: 'jsonl', ...jsonLinesShape(text, complete, telling) }
    case '.json':
    case '.geojson':
      if (!complete) return { kind: 'json', reason: 'It is too large to look into.' }
      return { kind: 'json', ...jsonShape(text, telling) }
    default:
      return { kind: 'text', lines_sampled: linesOf(text), lines_complete: complete }
  }
}

function linesOf(text: string): number {
  const ends = text.split('\n').length
  return text === '' || text.endsWith('\n') ? ends - 1 : ends
}
