import { workflowError } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { decide } from '../goal/decide.ts'

const tried = { retries: 0, replans: 0, asked: 0, modules: new Set<string>(), planIsTheSame: false }
const bounds = { retriesMax: 0, replansMax: 1, askHuman: false }

function reasonOf(detail: string): string {
  const failure = {
    error: workflowError('runtime', detail),
    task: 'read',
    capability: undefined,
    module: undefined,
  }
  return decide(failure, tried, bounds as Parameters<typeof decide>[2], []).reason
}

test('a reason has what the program said that failed', () => {
  const said =
    'sh ended with exit code 1. Last lines of stderr:\nwarning: old\ncat: names.txt: No such file\n'
  expect(reasonOf(said)).toBe(
    '"read" failed: sh ended with exit code 1. Last lines of stderr: cat: names.txt: No such file. A new plan for what is left may do without it.',
  )
  expect(reasonOf('one\ntwo')).toMatch(/^"read" failed: one\. A new plan/)
})
