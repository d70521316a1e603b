/** The patterns of advanced branching and synchronization. */
import { afterAll, expect, test } from 'vitest'
import { setup } from './world.ts'

const world = await setup()
afterAll(() => world.close())

const vehicles = ['send_police', 'send_fire_engine', 'send_ambulance']

test('6 Multi-Choice: the branches whose condition holds run at the same time, and no other', async () => {
  for (const { input, taken } of [
    { input: { crime: true, fire: false, injured: 0 }, taken: ['police'] },
    { input: { crime: false, fire: true, injured: 3 }, taken: ['fire_engine', 'ambulance'] },
    { input: { crime: true, fire: true, injured: 1 }, taken: ['police', 'fire_engine', 'ambulance'] },
  ]) {
    const play = await world.play('06-multi-choice', input)
    for (const vehicle of taken) await play.started(`send_${vehicle}`)
    for (const vehicle of taken) await play.signal(`${vehicle}.arrived`)
    const story = await play.story()
    expect(story.of(...vehicles)).toEqual([
      ...taken.map((vehicle) => `send_${vehicle} starts`),
      ...taken.map((vehicle) => `send_${vehicle} ends`),
    ])
  }
})

test('7 Structured Synchronizing Merge: what follows waits for all branches taken, and for no other', async () => {
  const play = await world.play('07-structured-synchronizing-merge', { crime: true, injured: 2 })
  await play.started('send_ambulance')
  await play.signal('ambulance.arrived')
  await play.ended('send_ambulance')
  expect((await play.soFar()).times('hand_over_to_hospital')).toBe(0)
  await play.signal('police.arrived')
  const story = await play.story()
  expect(story.of(...vehicles, 'hand_over_to_hospital')).toEqual([
    'send_police starts',
    'send_ambulance starts',
    'send_ambulance ends',
    'send_police ends',
    'hand_over_to_hospital starts',
    'hand_over_to_hospital ends',
  ])
})

test('8 Multi-Merge: the continuation runs once for each branch, as it comes, and waits for no other', async () => {
  const play = await world.play('08-multi-merge')
  await play.started('lay_pipes')
  await play.signal('pipes.laid')
  await play.ended('inspect')
  await play.signal('foundations.laid')
  const story = await play.story()
  expect(story.of('lay_foundations', 'lay_pipes', 'inspect').slice(2)).toEqual([
    'lay_pipes ends',
    'inspect starts',
    'inspect ends',
    'lay_foundations ends',
    'inspect starts',
    'inspect ends',
  ])
  expect(story.record.output).toEqual([{ inspected: 'foundations' }, { inspected: 'pipes' }])
})

test('9 Structured Discriminator: the first branch to end lets the flow go on, the other ends without effect', async () => {
  const play = await world.play('09-structured-discriminator')
  await play.started('check_pulse')
  await play.signal('pulse.checked')
  await play.ended('triage')
  await play.signal('breathing.checked')
  const story = await play.story()
  expect(story.of('check_breathing', 'check_pulse', 'triage').slice(2)).toEqual([
    'check_pulse ends',
    'triage starts',
    'triage ends',
    'check_breathing ends',
  ])
  expect(story.record.status).toBe('completed')
})

test('28 Blocking Discriminator: what comes for the next round is held back until both branches of this one have ended', async () => {
  const play = await world.play('28-blocking-discriminator')
  for (const visitor of ['Ada', 'Grace']) await play.signal('visitor.announced', visitor)
  for (const who of ['host', 'guard']) await play.signal(`${who}.confirmed`, 'Grace')
  await play.signal('guard.confirmed', 'Ada')
  await play.ended('open_door')
  expect((await play.soFar()).times('host')).toBe(1)
  await play.signal('host.confirmed', 'Ada')
  await play.ended('open_door', 2)
  await play.signal('house.closed')
  const story = await play.story()
  expect(story.of('host', 'guard', 'open_door').slice(2, 8)).toEqual([
    'guard ends',
    'open_door starts',
    'open_door ends',
    'host ends',
    'host starts',
    'guard starts',
  ])
  const doors = story.record.tasks.filter(({ name }) => name === 'open_door')
  expect(doors.map(({ output }) => output)).toEqual([{ visitor: 'Ada' }, { visitor: 'Grace' }])
})

test('29 Cancelling Discriminator: the first branch to end lets the flow go on, and cancels the others', async () => {
  const play = await world.play('29-cancelling-discriminator')
  await play.started('wait_for_far_server')
  await play.signal('far.answered', 'cat')
  const story = await play.story()
  expect(story.of('wait_for_near_server', 'check_near_image', 'check_far_image', 'show_image')).toEqual([
    'wait_for_near_server starts',
    'check_far_image starts',
    'check_far_image ends',
    'wait_for_near_server is cancelled',
    'show_image starts',
    'show_image ends',
  ])
  expect(story.record.output).toEqual({ shown: 'cat' })
})

test('30 Structured Partial Join: the second of three branches to end lets the flow go on, the third ends without effect', async () => {
  const play = await world.play('30-structured-partial-join')
  await play.started('director_agrees')
  await play.signal('director.agreed')
  await play.ended('director_agrees')
  await play.signal('lawyer.agreed')
  await play.ended('sign_contract')
  await play.signal('engineer.agreed')
  const story = await play.story()
  const tasks = ['lawyer_agrees', 'engineer_agrees', 'director_agrees', 'sign_contract']
  expect(story.of(...tasks).slice(3)).toEqual([
    'director_agrees ends',
    'lawyer_agrees ends',
    'sign_contract starts',
    'sign_contract ends',
    'engineer_agrees ends',
  ])
  expect(story.record.status).toBe('completed')
})

test('31 Blocking Partial Join: what comes for the next round is held back until every branch of this one has ended', async () => {
  const play = await world.play('31-blocking-partial-join')
  const members = ['ambassador', 'president', 'interpreter']
  for (const delegation of ['north', 'south']) await play.signal('delegation.announced', delegation)
  for (const member of members) await play.signal(`${member}.arrived`, 'south')
  await play.signal('interpreter.arrived', 'north')
  await play.signal('president.arrived', 'north')
  await play.ended('check_credentials')
  expect((await play.soFar()).times('ambassador')).toBe(1)
  await play.signal('ambassador.arrived', 'north')
  await play.ended('check_credentials', 2)
  await play.signal('visits.over')
  const story = await play.story()
  expect(story.of(...members, 'check_credentials').slice(3, 11)).toEqual([
    'interpreter ends',
    'president ends',
    'check_credentials starts',
    'check_credentials ends',
    'ambassador ends',
    'ambassador starts',
    'president starts',
    'interpreter starts',
  ])
  const checks = story.record.tasks.filter(({ name }) => name === 'check_credentials')
  expect(checks.map(({ output }) => output)).toEqual([{ delegation: 'north' }, { delegation: 'south' }])
})

test('32 Cancelling Partial Join: the second of three branches to end lets the flow go on, and the third is cancelled', async () => {
  const play = await world.play('32-cancelling-partial-join')
  await play.started('search_archive')
  await play.signal('archive.searched', 'old case')
  await play.ended('search_archive')
  expect((await play.soFar()).times('decide')).toBe(0)
  await play.signal('doctor.answered', 'healthy')
  const story = await play.story()
  expect(story.of('ask_doctor', 'ask_laboratory', 'search_archive', 'decide').slice(3)).toEqual([
    'search_archive ends',
    'ask_doctor ends',
    'ask_laboratory is cancelled',
    'decide starts',
    'decide ends',
  ])
  expect(story.record.output).toEqual({ opinions: ['healthy', 'old case'] })
})

test('37 Local Synchronizing Merge: each of two merges that overlap waits for those of its own branches that were taken', async () => {
  const alone = await world.play('37-local-synchronizing-merge', { figures: true, spoken: true })
  await alone.started('record')
  await alone.signal('drawn')
  await alone.ended('set_pages')
  await alone.signal('recorded')
  const apart = await alone.story()
  expect(apart.of('draw', 'translate', 'record', 'set_pages', 'mix_audio')).toEqual([
    'draw starts',
    'record starts',
    'draw ends',
    'set_pages starts',
    'set_pages ends',
    'record ends',
    'mix_audio starts',
    'mix_audio ends',
  ])

  const shared = await world.play('37-local-synchronizing-merge', { figures: true, foreign: true })
  await shared.started('translate')
  await shared.signal('drawn')
  await shared.ended('draw')
  await shared.signal('translated')
  const together = await shared.story()
  expect(together.of('draw', 'translate', 'record', 'set_pages', 'mix_audio').slice(0, 4)).toEqual([
    'draw starts',
    'translate starts',
    'draw ends',
    'translate ends',
  ])
  expect([together.times('set_pages'), together.times('mix_audio')]).toEqual([1, 1])
})
