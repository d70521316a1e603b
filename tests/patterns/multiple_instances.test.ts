/** The patterns of multiple instances of one task. */
import { afterAll, expect, test } from 'vitest'
import { setup } from './world.ts'

const world = await setup()
afterAll(() => world.close())

test('12 Multiple Instances without Synchronization: the flow goes on while every instance is under way', async () => {
  const play = await world.play('12-multiple-instances-without-synchronization', {
    offences: ['a', 'b', 'c'],
  })
  await play.started('issue_notice', 3)
  await play.ended('file_list')
  for (const offence of ['c', 'a', 'b']) await play.signal('notice.issued', offence)
  const story = await play.story()
  const happened = story.of('issue_notice', 'file_list')
  expect(happened.indexOf('file_list ends')).toBeLessThan(happened.indexOf('issue_notice ends'))
  expect(happened.filter((line) => line === 'issue_notice ends')).toHaveLength(3)
  expect(story.record.status).toBe('completed')
})

test('13 Multiple Instances with a priori Design-Time Knowledge: as many run at once as are written, and all are waited for', async () => {
  const play = await world.play('13-multiple-instances-with-a-priori-design-time-knowledge')
  await play.started('sign_report', 3)
  for (const director of ['treasurer', 'chair']) await play.signal('report.signed', director)
  await play.ended('sign_report', 2)
  expect((await play.soFar()).times('publish_report')).toBe(0)
  await play.signal('report.signed', 'secretary')
  const story = await play.story()
  expect(story.of('sign_report', 'publish_report')).toEqual([
    ...Array<string>(3).fill('sign_report starts'),
    ...Array<string>(3).fill('sign_report ends'),
    'publish_report starts',
    'publish_report ends',
  ])
  expect(story.record.output).toEqual({ signed_by: ['chair', 'secretary', 'treasurer'] })
})

test('14 Multiple Instances with a priori Run-Time Knowledge: as many run at once as the data says, and all are waited for', async () => {
  for (const sensors of [['oil', 'heat', 'speed', 'tilt'], ['oil'], []]) {
    const play = await world.play('14-multiple-instances-with-a-priori-run-time-knowledge', { sensors })
    await play.started('check_sensor', sensors.length)
    for (const sensor of sensors.toReversed()) {
      await play.signal('sensor.checked', { sensor, ok: sensor !== 'oil' })
    }
    const story = await play.story()
    expect(story.of('check_sensor', 'find_fault')).toEqual([
      ...sensors.map(() => 'check_sensor starts'),
      ...sensors.map(() => 'check_sensor ends'),
      'find_fault starts',
      'find_fault ends',
    ])
    expect(story.record.output).toEqual({ broken: sensors.filter((sensor) => sensor === 'oil') })
  }
})

test('15 Multiple Instances without a priori Run-Time Knowledge: instances are added while others run, and all are waited for', async () => {
  const play = await world.play('15-multiple-instances-without-a-priori-run-time-knowledge')
  await play.signal('shipment.sent', 'truck')
  await play.started('transport')
  await play.signal('shipment.sent', 'barge')
  await play.started('transport', 2)
  await play.signal('shipment.arrived', 'truck')
  await play.ended('transport')
  await play.signal('shipment.sent', 'train')
  await play.started('transport', 3)
  await play.signal('shipment.arrived', 'train')
  await play.signal('shipments.complete')
  await play.ended('hear', 4)
  expect((await play.soFar()).times('assemble')).toBe(0)
  await play.signal('shipment.arrived', 'barge')
  const story = await play.story()
  expect(story.of('transport', 'assemble')).toEqual([
    'transport starts',
    'transport starts',
    'transport ends',
    'transport starts',
    'transport ends',
    'transport ends',
    'assemble starts',
    'assemble ends',
  ])
})

test('34 Static Partial Join for Multiple Instances: the third of five lets the flow go on, the others end without effect', async () => {
  const play = await world.play('34-static-partial-join-for-multiple-instances', { samples: [1, 2, 3, 4, 5] })
  await play.started('examine_sample', 5)
  for (const sample of [4, 1, 5]) {
    await play.signal('sample.examined', sample)
    await play.ended('examine_sample', [4, 1, 5].indexOf(sample) + 1)
  }
  await play.ended('release_batch')
  for (const sample of [2, 3]) await play.signal('sample.examined', sample)
  const story = await play.story()
  expect(story.of('examine_sample', 'release_batch').slice(5)).toEqual([
    ...Array<string>(3).fill('examine_sample ends'),
    'release_batch starts',
    'release_batch ends',
    ...Array<string>(2).fill('examine_sample ends'),
  ])
  const release = story.record.tasks.find(({ name }) => name === 'release_batch')
  expect(release?.output).toEqual({ released_with: 5 })
})

test('35 Cancelling Partial Join for Multiple Instances: the second of four lets the flow go on, the others are cancelled', async () => {
  const proteins = ['p1', 'p2', 'p3', 'p4']
  const play = await world.play('35-cancelling-partial-join-for-multiple-instances', { proteins })
  await play.started('test_protein', 4)
  await play.signal('protein.tested', 'p4')
  await play.ended('test_protein')
  expect((await play.soFar()).times('evaluate')).toBe(0)
  await play.signal('protein.tested', 'p2')
  const story = await play.story()
  expect(story.of('test_protein', 'evaluate').slice(4)).toEqual([
    'test_protein ends',
    'test_protein ends',
    'test_protein is cancelled',
    'test_protein is cancelled',
    'evaluate starts',
    'evaluate ends',
  ])
  expect(story.record.output).toEqual({ tested: ['p2', 'p4'] })
})

test('36 Dynamic Partial Join for Multiple Instances: instances are added until a condition holds, which lets the flow go on once', async () => {
  const play = await world.play('36-dynamic-partial-join-for-multiple-instances', { needed: 10 })
  await play.signal('shipment.sent', { name: 'truck', tons: 4 })
  await play.started('transport')
  await play.signal('shipment.sent', { name: 'barge', tons: 9 })
  await play.signal('shipment.arrived', 'truck')
  await play.ended('transport')
  await play.signal('shipment.sent', { name: 'train', tons: 7 })
  await play.started('transport', 3)
  await play.signal('shipment.arrived', 'train')
  await play.ended('stop_hearing')
  await play.signal('shipment.sent', { name: 'too late', tons: 1 })
  await play.signal('shipment.arrived', 'barge')
  const story = await play.story()
  expect(story.of('transport', 'invoice')).toEqual([
    'transport starts',
    'transport starts',
    'transport ends',
    'transport starts',
    'transport ends',
    'invoice starts',
    'invoice ends',
    'transport ends',
  ])
  const invoice = story.record.tasks.find(({ name }) => name === 'invoice')
  expect(invoice?.output).toEqual({ name: 'train', invoiced_at_tons: 11 })
  expect(story.record.status).toBe('completed')
})
