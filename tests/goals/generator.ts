/** Sentences by the planner's own grammar: arbitrary clauses with slots filled, joined by arbitrary connectives. */
import * as fc from 'fast-check'

const file = fc.constantFrom('sales.csv', 'data/people.json', 'app.log', 'prices.tsv')
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

const first = fc.oneof(
  file.map((name) => `read ${name}`),
  fc.constant('fetch https://example.com/users.json'),
  fc.tuple(file, where).map(([name, text]) => `show the rows of ${name} ${text}`),
  fc.tuple(aggregate, column, file).map(([what, by, name]) => `compute ${what} by ${by} in ${name}`),
  fc.constant('run the command "ls -l | sort"'),
)

const next = fc.oneof(
  where.map((text) => `keep the rows ${text}`),
  where.map((text) => `remove the rows ${text}`),
  fc
    .tuple(column, fc.constantFrom('', ' descending', ', largest first'))
    .map(([name, order]) => `sort them by ${name}${order}`),
  fc.tuple(column, aggregate).map(([by, what]) => `group it by ${by} with ${what}`),
  fc.constant('count them'),
  column.map((name) => `count the rows by ${name}`),
  number.map((n) => `show the first ${n} rows`),
  file.map((name) => `write the result to ${name}`),
  fc.tuple(number, file).map(([n, name]) => `if there are more than ${n} rows, write them to ${name}`),
  fc.constant('pipe it into the command "wc -l"'),
  fc.constant('wait 2 seconds'),
  fc.constant('post it to https://example.com/in'),
)

const joint = fc.constantFrom(', then ', ' and ', '. ', '; ', ', and then ', '. After that, ')

export const sentences: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', 'Please ', 'Could you '),
    first,
    fc.array(fc.tuple(joint, next), { maxLength: 5 }),
  )
  .map(([polite, start, rest]) => `${polite}${start}${rest.flat().join('')}`)

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
