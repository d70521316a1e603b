import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { processHost } from '../src/hosts/process.ts'
import { findBubblewrap } from '../src/hosts/process/bubblewrap.ts'
import { findPython } from '../src/hosts/process/python.ts'
import type { Dialect } from './dialects/dialect.ts'
import { javascript } from './dialects/javascript.ts'
import { python } from './dialects/python.ts'
import { hostConformance, type ConformanceOptions } from './host_conformance.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-process-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const foundPython = await findPython()
const foundBubblewrap = await findBubblewrap()

const missingPython = 'missing' in foundPython ? foundPython.missing : undefined
const missingBubblewrap = foundBubblewrap === undefined ? 'no bubblewrap that works' : undefined

for (const bubblewrap of [false, true]) {
  const around = bubblewrap ? ' in bubblewrap' : ''
  const makeHost = () => processHost({ folder, sparesMax: 0, bubblewrap })
  const without = bubblewrap ? missingBubblewrap : undefined
  hostConformance(`process/node${around}`, makeHost, skipping(without, javascript))
  hostConformance(`process/python${around}`, makeHost, skipping(without ?? missingPython, python))
}

function skipping(skip: string | undefined, dialect: Dialect): ConformanceOptions {
  return { dialect, endsModules: true, ...(skip !== undefined && { skip }) }
}
