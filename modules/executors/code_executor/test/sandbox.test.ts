/** One suite for every box: what a script gets, how it ends, and that nothing of it is left. */
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, describe, expect, test } from 'vitest'
import { Cancelled, systemClock } from '@nexus/sdk'
import { ProcessRunner } from '@nexus/sdk/process'
import { makeBoxes } from '../boxes.ts'
import type { Language, Script, ScriptOptions } from '../sandbox.ts'

interface Scripts {
  everything: string
  throws: string
  syntax: string
  exits: string
  floods: string
  endless: string
  escapes: string
}

const javascript: Scripts = {
  everything: `
const [_, __, ...rest] = process.argv
const given = require('fs').readFileSync(0, 'utf8')
const { TMPDIR, ...environment } = process.env
const inHere = TMPDIR === process.cwd() && require('fs').readdirSync('.').length === 0
console.log(JSON.stringify({ arguments: rest, given, environment, inHere, variable: order.id + 'ü' }))
console.error('noted')`,
  throws: `const add = (a) => {\n  throw new TypeError('no sum of ' + a)\n}\nadd(1)`,
  syntax: `const fine = await 1\nlet broken = ;`,
  exits: `process.exit(7)`,
  floods: `for (;;) require('fs').writeSync(1, 'x'.repeat(65536))`,
  endless: `console.log(process.cwd()); for (;;);`,
  escapes: `
const net = require('net')
const attempts = {
  read: () => require('fs').readFileSync('/etc/hostname', 'utf8'),
  write: () => require('fs').writeFileSync('/tmp/nexus-escaped', 'x'),
  spawn: () => require('child_process').execSync('true'),
  thread: () => new (require('worker_threads').Worker)('1', { eval: true }),
  network: () => new Promise((done, fail) => net.connect(9, '127.0.0.1').on('connect', done).on('error', fail)),
}
const result = {}
for (const [name, attempt] of Object.entries(attempts)) {
  result[name] = await Promise.try(attempt).then(() => 'done', (error) => error.code)
}
console.log(JSON.stringify(result))`,
}

const python: Scripts = {
  everything: `
import json, os, sys
environment = {k: v for k, v in os.environ.items() if k not in ("TMPDIR", "HOME", "LC_CTYPE")}
print(json.dumps({"arguments": sys.argv[1:], "given": sys.stdin.read(), "environment": environment,
                  "inHere": os.listdir(".") == [], "variable": order["id"] + "ü"}))
print("noted", file=sys.stderr)`,
  throws: `def add(a):\n    raise TypeError(f"no sum of {a}")\n\nadd(1)`,
  syntax: `fine = 1\nbroken = = 2`,
  exits: `import sys\nsys.exit(7)`,
  floods: `import sys\nwhile True: sys.stdout.write("x" * 65535 + "\\n")`,
  endless: `import os\nprint(os.getcwd())\nwhile True: pass`,
  escapes: `
import json
result = {}
try:
    result["read"] = open("/etc/hostname").read()
except OSError as error:
    result["read"] = "ERR_ACCESS_DENIED"
try:
    import subprocess
    subprocess.run(["true"])
    result["spawn"] = "ran"
except Exception:
    result["spawn"] = "ERR_ACCESS_DENIED"
try:
    import urllib.request
    urllib.request.urlopen("http://127.0.0.1:9/")
    result["network"] = "ran"
except Exception as error:
    result["network"] = "ERR_ACCESS_DENIED"
try:
    from pyodide.code import run_js
    run_js("process.getBuiltinModule('fs').readFileSync('/etc/hostname')")
    result["host"] = "read"
except Exception:
    result["host"] = "ERR_ACCESS_DENIED"
print(json.dumps(result))`,
}

/** Pyodide takes seconds to start and shares what runs a script with the other Python: it runs what differs. */
const boxes: {
  box: string
  language: Language
  python: string
  scripts: Scripts
  isBoundary: boolean
  isSlow?: boolean
}[] = [
  { box: 'node', language: 'javascript', python: 'auto', scripts: javascript, isBoundary: true },
  { box: 'the system’s Python', language: 'python', python: 'system', scripts: python, isBoundary: false },
  { box: 'Pyodide', language: 'python', python: 'pyodide', scripts: python, isBoundary: true, isSlow: true },
]

function setup(language: Language, python: string) {
  const runner = new ProcessRunner(systemClock)
  const sandbox = makeBoxes(runner, { python }).of(language)
  const limits = { timeoutMs: 25_000, killAfterMs: 200, outputBytesMax: 1_000_000 }
  const plain = { arguments: [], variables: {}, stdin: undefined, environment: {} }
  return {
    stop: () => runner.stop(),
    run: async (code: string, script: Partial<Script> = {}, options: Partial<ScriptOptions> = {}) => {
      const { signal } = new AbortController()
      return (await sandbox).run({ ...plain, ...script, code }, { signal, ...limits, ...options })
    },
  }
}

describe.each(boxes)('in the box of $box', ({ language, python, scripts, isBoundary, isSlow }) => {
  const { run, stop } = setup(language, python)
  afterAll(stop)

  test('a script gets its arguments, input, environment and variables, and nothing of the host’s', async () => {
    const outcome = await run(scripts.everything, {
      arguments: ['hello', '--flag', 'ünïcode'],
      stdin: 'line 1\nline 2',
      environment: { GIVEN: 'yes' },
      variables: { order: { id: 'A-1' } },
    })
    expect(outcome.stderr).toBe('noted\n')
    expect(outcome.end).toEqual({ kind: 'exited', code: 0 })
    expect(JSON.parse(outcome.stdout)).toEqual({
      arguments: ['hello', '--flag', 'ünïcode'],
      given: 'line 1\nline 2',
      environment: { GIVEN: 'yes' },
      inHere: true,
      variable: 'A-1ü',
    })
  })

  test('an error that is not caught ends the script, with its message and line', async () => {
    const outcome = await run(scripts.throws)
    expect(outcome.end).toEqual({ kind: 'exited', code: 1 })
    expect(outcome.error).toEqual({ message: 'TypeError: no sum of 1', line: 2 })
    expect(outcome.stderr).toContain('no sum of 1')
    expect(outcome.stderr).not.toContain(tmpdir())
  })

  test.skipIf(isSlow)('a syntax error has its line', async () => {
    const { error } = await run(scripts.syntax)
    expect(error?.message).toContain('SyntaxError')
    expect(error?.line).toBe(2)
  })

  test.skipIf(isSlow)('a script chooses its exit code', async () => {
    const outcome = await run(scripts.exits)
    expect(outcome.end).toEqual({ kind: 'exited', code: 7 })
    expect(outcome.error).toBeUndefined()
  })

  test.skipIf(isSlow)('a script that floods its output is ended', async () => {
    expect((await run(scripts.floods)).end).toMatchObject({ kind: 'flooded', channel: 'stdout' })
  })

  test.skipIf(isSlow)('an endless script ends when it is cancelled, and leaves no folder', async () => {
    const cancel = new AbortController()
    const cancelled = new Cancelled()
    let folder = ''
    const onOutput = (_channel: string, text: string): void => {
      folder = text.trim()
      cancel.abort(cancelled)
    }
    await expect(run(scripts.endless, {}, { signal: cancel.signal, onOutput })).rejects.toBe(cancelled)
    expect(folder).toMatch(/^\//)
    expect(existsSync(folder)).toBe(false)
  })

  test.runIf(isBoundary)('a script reads no file, starts nothing and reaches no network', async () => {
    const { stdout } = await run(scripts.escapes)
    expect(new Set(Object.values(JSON.parse(stdout) as object))).toEqual(new Set(['ERR_ACCESS_DENIED']))
  })
})
