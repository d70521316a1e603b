import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { processHost } from '../src/hosts/process.ts'
import { findPython } from '../src/hosts/process/python.ts'
import { javascript } from './dialects/javascript.ts'
import { python } from './dialects/python.ts'
import { hostConformance } from './host_conformance.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-process-test-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const makeHost = () => processHost({ folder, sparesMax: 0 })
const found = await findPython()

hostConformance('process/node', makeHost, { dialect: javascript, endsModules: true })
hostConformance('process/python', makeHost, {
  dialect: python,
  endsModules: true,
  ...('missing' in found ? { skip: found.missing } : {}),
})
