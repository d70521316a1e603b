import { expect, test } from 'vitest'
import { setup } from './shell.ts'

test('nexus doctor says what works here, each box tried out', async () => {
  using world = setup()
  const { code, out } = await world.nexus('doctor', '--json', '--data', `${world.folder}/data`)
  const { findings } = JSON.parse(out) as { findings: { what: string; ok: boolean; detail: string }[] }
  expect(findings.map(({ what }) => what)).toEqual(
    expect.arrayContaining([
      'nexus',
      'node',
      'modules',
      'modules in javascript',
      'modules in python',
      'data',
      'scripts in javascript',
      'scripts in python',
      'commands',
    ]),
  )
  expect(findings.find(({ what }) => what === 'scripts in javascript')?.detail).toContain('quickjs (')
  expect(
    JSON.parse((await world.nexus('runs', 'list', '--json', '--data', `${world.folder}/data`)).out),
  ).toEqual([])
  const javascript = findings.find(({ what }) => what === 'modules in javascript')?.detail
  expect(javascript).toContain("Node's permission model")
  expect(code).toBe(findings.every(({ ok }) => ok) ? 0 : 1)
})
