/** The names of files and addresses in the words of a goal. It looks at words alone, never at a disk. */

export interface Mention {
  readonly name: string
  /** Whether it can hardly be anything else, so that a missing one is worth telling. */
  readonly certain: boolean
}

export interface Mentions {
  readonly files: readonly Mention[]
  readonly addresses: readonly string[]
}

/** Words of a goal beyond these are not looked at. */
const lookedAtMax = 20_000
const mentionsMax = 20
const nameMax = 1_024

const known = new Set(
  'csv tsv tab json jsonl ndjson geojson db sqlite sqlite3 parquet txt md log yaml yml xml html htm ini toml sql py js ts sh gz zip xlsx pdf'.split(
    ' ',
  ),
)

export function mentionsIn(goal: string): Mentions {
  const files = new Map<string, Mention>()
  const addresses = new Set<string>()
  for (const name of wordsOf(goal.slice(0, lookedAtMax))) {
    if (name.length > nameMax) continue
    if (isAddress(name)) {
      if (addresses.size < mentionsMax) addresses.add(name)
    } else if (looksLikeFile(name) && files.size < mentionsMax) {
      files.set(name, { name, certain: isCertain(name) })
    }
  }
  return { files: [...files.values()], addresses: [...addresses] }
}

/** What stands in quotes, which may have spaces, and then the words of the rest. */
function wordsOf(text: string): string[] {
  const quoted: string[] = []
  const rest = text.replaceAll(
    /"([^"\n]{1,1024})"|`([^`\n]{1,1024})`|'([^'\n]{1,1024})'(?!\w)/g,
    (...found) => {
      const [, double, back, single] = found as (string | undefined)[]
      quoted.push((double ?? back ?? single ?? '').trim())
      return ' '
    },
  )
  const inner = quoted.filter((each) => /\s/.test(each) && !looksLikeFile(each)).flatMap(bareWords)
  return [...quoted, ...inner, ...bareWords(rest)]
}

function bareWords(text: string): string[] {
  return text
    .split(/[\s"'`,;<>|]+/)
    .map((word) => word.replace(/^[([{]+/, '').replace(/[)\]}.:!?]+$/, ''))
    .filter((word) => word !== '')
}

/** Files of data whose name without its ending is a word of the goal: `orders` means orders.csv. */
export function meantBy(goal: string, names: readonly string[]): Mention[] {
  const words = new Set(bareWords(goal.slice(0, lookedAtMax)).map((word) => word.toLowerCase()))
  return names
    .filter((name) => {
      const [, stem = '', extension = ''] = /^([^.]{2,})\.([A-Za-z0-9]{1,10})$/.exec(name) ?? []
      return ofData.has(extension.toLowerCase()) && words.has(stem.toLowerCase())
    })
    .toSorted()
    .slice(0, mentionsMax)
    .map((name) => ({ name, certain: false }))
}

const ofData = new Set('csv tsv json jsonl ndjson db sqlite sqlite3 parquet'.split(' '))

export function isAddress(name: string): boolean {
  return /^[a-z][a-z0-9+.-]{1,20}:\/\//i.test(name)
}

function looksLikeFile(name: string): boolean {
  return isCertain(name) || /^\S*\.[A-Za-z]\w{0,9}$/.test(name) || /^[^\s/]*\/\S*$/.test(name)
}

function isCertain(name: string): boolean {
  if (/^(?:\.{1,2}|~)?\//.test(name) && name.length > 1 && !/\s/.test(name)) return true
  const [, extension = ''] = /[^/.\s]\.([A-Za-z0-9]{1,10})$/.exec(name) ?? []
  return known.has(extension.toLowerCase())
}
