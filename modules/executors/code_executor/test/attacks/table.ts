/** The table of what was attacked, as people read it. */
import type { Language } from '../../sandbox.ts'
import type { Campaign } from './campaign.ts'

export interface Row {
  readonly title: string
  readonly language: Language
  readonly isBare: boolean
  readonly campaign: Campaign
  readonly tookSeconds: number
}

export interface Side {
  readonly who: string
  /** Why there are none, where there are none. */
  readonly rows: readonly Row[] | string
}

const titleWidth = 27
const countWidth = 15

/** Whether all went as it has to. */
export function printTable(sides: readonly Side[]): boolean {
  const tried = sides.filter((side): side is Side & { rows: readonly Row[] } => typeof side.rows !== 'string')
  const [first] = tried
  const notes = [
    ...sides.flatMap(({ who, rows }) => (typeof rows === 'string' ? [`not as ${who}: ${rows}`] : [])),
    ...tried.flatMap(({ who, rows }) =>
      rows.flatMap(({ title, campaign }) =>
        'missing' in campaign ? [`not as ${who}: ${title}: ${campaign.missing}`] : [],
      ),
    ),
  ]
  const problems = tried.flatMap(({ who, rows }) => rows.flatMap((row) => problemsOf(row, who)))
  const without = tried.flatMap(({ who, rows }) => languagesWithout(rows, who))
  const broken = sides
    .filter(({ rows }) => typeof rows === 'string')
    .map(({ who }) => `nothing was tried as ${who}`)
  console.log(`\n${pad('', titleWidth)}${sides.map(({ who }) => pad(who, countWidth)).join('')}layers`)
  for (const [at, { title, isBare, campaign }] of (first?.rows ?? []).entries()) {
    const counts = sides.map(({ rows }) =>
      pad(typeof rows === 'string' ? '–' : countOf(rows[at]), countWidth),
    )
    const what = isBare ? 'none: each attack has to succeed' : layersOf(campaign)
    console.log(`${pad(title, titleWidth)}${counts.join('')}${what}`)
  }
  const seconds = tried.flatMap(({ rows }) => rows).reduce((sum, { tookSeconds }) => sum + tookSeconds, 0)
  const bad = [...problems, ...without, ...broken]
  if (notes.length > 0) console.log(`\nLeft out\n${notes.map((note) => `  ${note}`).join('\n')}`)
  if (bad.length > 0) console.log(`\nNot as it has to be\n${bad.map((one) => `  ! ${one}`).join('\n')}`)
  console.log(`\n${bad.length === 0 ? 'All contained' : `${bad.length} not contained`}, in ${seconds} s.`)
  return bad.length === 0
}

const pad = (text: string, width: number): string => text.padEnd(width)

function countOf(row: Row | undefined): string {
  if (!row || 'missing' in row.campaign) return 'left out'
  const { results } = row.campaign
  return `${results.filter(({ problem }) => problem === undefined).length}/${results.length}`
}

function layersOf(campaign: Campaign): string {
  return 'missing' in campaign ? '' : campaign.layers.join(', ')
}

function problemsOf({ title, campaign }: Row, who: string): string[] {
  if ('missing' in campaign) return []
  return campaign.results.flatMap(({ attack, problem }) =>
    problem === undefined ? [] : [`${title}, as ${who}: ${attack}: ${problem}`],
  )
}

/** Where no box was tried out, nothing was shown. */
function languagesWithout(rows: readonly Row[], who: string): string[] {
  return (['javascript', 'python'] as const).flatMap((language) => {
    const boxes = rows.filter((row) => row.language === language && !row.isBare)
    return boxes.some(({ campaign }) => !('missing' in campaign))
      ? []
      : [`no box for ${language} was tried as ${who}`]
  })
}
