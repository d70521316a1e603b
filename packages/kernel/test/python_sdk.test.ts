import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { findPython, pythonSdk } from '../src/hosts/process/python.ts'

const python = await findPython()

test.skipIf('missing' in python)(
  'the Python SDK passes its own tests, with every warning an error',
  async () => {
    if ('missing' in python) return
    const code = `import sys, unittest
sys.path.insert(0, ${JSON.stringify(pythonSdk)})
suite = unittest.defaultTestLoader.discover(${JSON.stringify(join(pythonSdk, 'test'))})
result = unittest.TextTestRunner(sys.stdout, warnings="error").run(suite)
sys.exit(not result.wasSuccessful())`
    const run = promisify(execFile)(python.program, ['-I', '-B', '-W', 'error', '-c', code])
    const { stdout } = await run.catch((error: Error & { stdout?: string }) => ({
      stdout: error.stdout ?? error.message,
    }))
    expect(stdout).toMatch(/Ran (?!0 )\d+ tests in [\d.]+s\n\nOK\n$/)
  },
)
