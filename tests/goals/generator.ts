/** Sentences by the planner's own grammar: arbitrary clauses with slots filled, joined by arbitrary connectives. */
import * as fc from 'fast-check'

const table = fc.constantFrom('sales.csv', 'data/people.json', 'prices.tsv')
const text = fc.constantFrom('app.log', 'notes.txt')
const file = fc.oneof(table, text)
const column = fc.constantFrom('city', 'amount', '"unit price"', 'year')
const number = fc.integer({ min: 0, max: 1000 }).map(String)
const comparator = fc.constantFrom(
  'is over',
  'is',
  '>',
  'is at least',
  'is not',
  'contains',
  'is between 1 and',
)
const condition = fc.tuple(column, comparator, number).map((words) => words.join(' '))
const conditions = fc
  .tuple(condition, fc.constantFrom('and', 'or'), condition)
  .map((words) => words.join(' '))
const where = fc.oneof(condition, conditions).map((text) => `where ${text}`)
const aggregate = fc
  .tuple(fc.constantFrom('sum', 'average', 'minimum', 'maximum', 'median'), column)
  .map(([name, of]) => `the ${name} of ${of}`)

const ofTables = fc.oneof(
  table.map((name) => `read ${name}`),
  fc.constant('fetch https://example.com/users.json'),
  fc.tuple(table, where).map(([name, condition]) => `show the rows of ${name} ${condition}`),
  fc.tuple(aggregate, column, table).map(([what, by, name]) => `compute ${what} by ${by} in ${name}`),
)

/** Lines have no columns: what asks for one is refused. */
const ofTexts = fc.oneof(
  text.map((name) => `read ${name}`),
  fc.constant('run the command "ls -l | sort"'),
)

const nextOfAny = fc.oneof(
  fc.constant('count them'),
  number.map((n) => `show the first ${n} rows`),
  file.map((name) => `write the result to ${name}`),
  fc.tuple(number, file).map(([n, name]) => `if there are more than ${n} rows, write them to ${name}`),
  fc.constant('wait 2 seconds'),
  fc.constant('post it to https://example.com/in'),
)

const nextOfTables = fc.oneof(
  nextOfAny,
  where.map((condition) => `keep the rows ${condition}`),
  where.map((condition) => `remove the rows ${condition}`),
  fc
    .tuple(column, fc.constantFrom('', ' descending', ', largest first'))
    .map(([name, order]) => `sort them by ${name}${order}`),
  fc.tuple(column, aggregate).map(([by, what]) => `group it by ${by} with ${what}`),
  column.map((name) => `count the rows by ${name}`),
)

const nextOfTexts = fc.oneof(nextOfAny, fc.constant('pipe it into the command "wc -l"'))

const joint = fc.constantFrom(', then ', ' and ', '. ', '; ', ', and then ', '. After that, ')

function sentencesOf(first: fc.Arbitrary<string>, next: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom('', 'Please ', 'Could you '),
      first,
      fc.array(fc.tuple(joint, next), { maxLength: 5 }),
    )
    .map(([polite, start, rest]) => `${polite}${start}${rest.flat().join('')}`)
}

export const sentences: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: sentencesOf(ofTables, nextOfTables) },
  { weight: 1, arbitrary: sentencesOf(ofTexts, nextOfTexts) },
)

/** Words of the grammar, names and signs in no order at all. */
export function soups(words: readonly string[]): fc.Arbitrary<string> {
  const token = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...words) },
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        'sales.csv',
        '"x"',
        '5',
        'https://example.com',
        'city',
        '{',
        '}',
        '[',
        '"',
        "'",
        ',',
        '.',
        ';',
        '(',
        ')',
        '=',
        '${',
        '\n1. ',
        '{"a":1}',
        '\\',
      ),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
  )
  return fc.array(token, { maxLength: 200 }).map((tokens) => tokens.join(' '))
}
