/** Steps in words: what each edge rests on. */
import { expect, test } from 'vitest'
import { graphOf } from './world.ts'

const edges = async (...texts: string[]): Promise<string[]> => {
  const graph = await graphOf({ tasks: texts.map((text, at) => ({ name: `${at + 1}`, text })) })
  return graph.edges.map(({ from, to, why }) => `${from} → ${to} ${why}`)
}

test('steps that ask for things of their own need nothing', async () => {
  expect(
    await edges('Retrieve the weather of "Oslo"', "Scan the endpoint '10.0.0.1'", 'Fetch the price of gold'),
  ).toEqual([])
})

test('a step that points back needs the one before it', async () => {
  expect(await edges('Download the report', 'Fetch the pages of these chapters', 'Then print')).toEqual([
    '1 → 2 words: "these" points back',
    '2 → 3 words: "then" points back',
  ])
})

test('a step that names another needs that one', async () => {
  expect(await edges('Find "A"', 'Find "B"', 'Add up step 1 and 2')).toEqual([
    '1 → 3 words: it names the step',
    '2 → 3 words: it names the step',
  ])
})

test('a step that brings things together needs all that nobody needs yet', async () => {
  expect(await edges('Retrieve the rent in "Oslo"', 'Retrieve wages in "Rome"', 'Compare them')).toEqual([
    '1 → 3 words: it brings together what is there',
    '2 → 3 words: it brings together what is there',
  ])
})

test('steps that speak of the same thing belong together', async () => {
  expect(await edges('Retrieve the invoices of "May"', 'Check the invoices for "Rome"')).toEqual([
    '1 → 2 words: both speak of invoic',
  ])
})

test('in doubt a step needs the one before it', async () => {
  expect(await edges('Open the window', 'Water the plants')).toEqual(['1 → 2 words: it is said next'])
  expect(await edges('Retrieve the invoices of "May"', 'Water the plants')).toEqual([
    '1 → 2 words: it is said next',
  ])
})

test.each([
  [
    'names of its own',
    ['Water the plants', 'Retrieve a forecast'],
    ['Water the plants', 'Retrieve "Xanadu"'],
  ],
  ['the same verb', ['Fetch a glass jar', 'Find a glass jar lid'], ['Fetch a jar', 'Fetch a jar lid']],
  ['nothing that points back', ['Find mugs', 'Then fetch tea'], ['Find mugs', 'Fetch tea']],
  [
    'nothing known',
    ['Find jars', 'Fetch jewels from the jars'],
    ['Find jars', 'Fetch jewels from sea chests'],
  ],
])('%s can tip the scales against the order', async (_, inOrder, sideBySide) => {
  expect(await edges(...inOrder)).toHaveLength(1)
  expect(await edges(...sideBySide)).toEqual([])
})

test('steps of one form stand side by side where what follows brings them together', async () => {
  expect(
    await edges('Filter the matches of the year 2013', 'Filter the matches of the year 2016', 'Combine both'),
  ).toEqual([
    '1 → 3 words: it brings together what is there',
    '2 → 3 words: it brings together what is there',
  ])
})

test('they need what the first of them needs', async () => {
  const texts = [
    'Open the archive',
    'Count its red glass marbles',
    'Count its blue glass marbles',
    'Compare both counts',
  ]
  expect(await edges(...texts)).toContain('1 → 3 words: it stands beside another that needs it')
  expect(await edges(...texts)).not.toContainEqual(expect.stringContaining('2 → 3'))
})

test('steps of one form that nothing brings together come one after the other', async () => {
  const texts = ['Count the marbles in the jar', 'Count the marbles in the bowl']
  expect(await edges(...texts)).toEqual(['1 → 2 words: both speak of marbl'])
})

test('what changes the world is never side by side', async () => {
  const texts = ['Paint the big door red', 'Paint the big door blue', 'Compare both']
  expect(await edges(...texts)).toContain('1 → 2 words: both speak of big, door')
})

test('words for an order say that steps of one form are not side by side', async () => {
  const texts = ['Count seeds of the first plant', 'Count seeds of the second plant', 'Compare both']
  expect(await edges(...texts)).toContain('1 → 2 words: both speak of seed, plant')
})

test('a step that takes up one of several needs that one', async () => {
  const texts = [
    'Calculate the miles of the trip in the city',
    'Calculate the miles of the trip on the highway',
    'Calculate the litres of gas for the city',
    'Calculate the litres of gas for the highway',
    'Calculate the total litres',
  ]
  expect(await edges(...texts)).toEqual([
    '1 → 3 words: it names what they are about',
    '2 → 4 words: it names what they are about',
    '3 → 5 words: it brings together what is there',
    '4 → 5 words: it brings together what is there',
  ])
})

test('two steps that the next sets against each other stand side by side', async () => {
  const texts = ['List all professors', 'Identify who teaches', 'Exclude who teaches from all professors']
  expect(await edges(...texts)).toEqual([
    '1 → 3 words: it brings together what is there',
    '2 → 3 words: it brings together what is there',
  ])
})

test('steps that are for a case of their own stand side by side, and "whether" is no case', async () => {
  expect(await edges('Play outside if it is dry', 'Read a book if it rains')).toEqual([])
  expect(await edges('Determine if it is dry', 'Determine if it rains')).toHaveLength(1)
})

test('who is spoken to does one thing after the other', async () => {
  expect(await edges('Find a good spot', 'Check the wind')).toEqual([])
  expect(await edges('Find a good spot', 'Check your kite')).toEqual(['1 → 2 words: it is said next'])
})

test('steps may be told by letters', async () => {
  expect(await edges('Find "A"', 'Find "B"', 'Find "C"', 'Add up steps A and C')).toEqual([
    '1 → 4 words: it names the step',
    '3 → 4 words: it names the step',
  ])
})

const said = async (after: Record<string, string[]>, ...texts: string[]): Promise<string[]> => {
  const tasks = texts.map((text, at) => ({ name: `s${at + 1}`, text }))
  const graph = await graphOf({ tasks, after })
  expect(graph.cycles).toEqual([])
  return graph.edges.map(({ from, to, why }) => `${from} → ${to} ${why.replace(/:.*/, '')}`)
}

test('of a step whose needs are said nothing is guessed', async () => {
  expect(await said({ s2: [], s3: ['s1'] }, 'Open it', 'Then read it', 'Then close it')).toEqual([
    's1 → s3 after',
  ])
})

test('a mention of the output of a step is a dependency, and the only one', async () => {
  expect(await said({}, 'Open it', 'Then read it', 'Then print $tasks.s1 and $tasks.nobody')).toEqual([
    's1 → s2 words',
    's1 → s3 data',
  ])
})

test('no guess makes a circle of what is said', async () => {
  expect(await said({ s1: ['s3'] }, 'Open it', 'Then read it', 'Then close it')).toEqual([
    's1 → s2 words',
    's3 → s1 after',
  ])
})

test('two steps of one name are refused', async () => {
  const tasks = [
    { name: 'a', text: 'x' },
    { name: 'a', text: 'y' },
  ]
  await expect(graphOf({ tasks })).rejects.toThrow('Two steps have the same name')
})
