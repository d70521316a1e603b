/**
 * JavaScript in a fresh Node process under the permission model: no files but its own folder, no network, no other
 * processes, threads or add-ons. A script may be written as CommonJS or as a module: `require`, `import` and top-level
 * `await` all work. The permission model alone does not keep a script from sending signals to processes of its user.
 */
import { compileFunction } from 'node:vm'
import type { ProcessRunner } from '@nexus/sdk/process'
import type { Sandbox, ScriptError, ScriptOutcome } from '../sandbox.ts'
import { javascriptPrelude } from './javascript_prelude.ts'
import { runInScratch } from './run.ts'
import type { Scratch } from './scratch.ts'

export function javascriptBox(runner: ProcessRunner): Sandbox {
  return {
    name: 'node',
    layers: ['process', 'node-permission-model'],
    async run(script, options) {
      const outcome = await runInScratch(runner, { script, options }, async (scratch) => {
        const prelude = await scratch.write('prelude.mjs', javascriptPrelude)
        await scratch.write('variables.json', JSON.stringify(script.variables))
        const path = await scratch.write(isCommonJs(script.code) ? 'script.cjs' : 'script.mjs', script.code)
        const flags = [...nodePermissions(scratch), '--import', prelude]
        return { program: process.execPath, arguments: [...flags, path, ...script.arguments] }
      })
      return outcome.error ? described(outcome, outcome.error) : outcome
    },
  }
}

/** The flags that leave a Node process its scratch folder and nothing else. */
export function nodePermissions(scratch: Scratch): string[] {
  return [
    '--permission',
    `--allow-fs-read=${scratch.host}`,
    `--allow-fs-read=${scratch.work}`,
    '--allow-fs-read=/dev/stdin',
    `--allow-fs-write=${scratch.work}`,
    `--allow-fs-write=${scratch.reportPath}`,
  ]
}

/** Whether the code is a CommonJS script; what is not is run as a module. It is parsed here, never run. */
function isCommonJs(code: string): boolean {
  try {
    compileFunction(code, ['exports', 'require', 'module', '__filename', '__dirname'])
    return true
  } catch {
    return false
  }
}

/** Node's own frames say nothing about the script; a syntax error of a module has its line in what Node prints alone. */
function described(outcome: ScriptOutcome, error: ScriptError): ScriptOutcome {
  const stderr = outcome.stderr
    .replaceAll(/^ {4}at .*\bnode:internal\/.*\n/gm, '')
    .replace(/\n+Node\.js v\S+\n$/, '\n')
  const line = error.line ?? Number(/^(?:file:\/\/)?script\.[cm]js:(\d+)$/m.exec(stderr)?.[1])
  return { ...outcome, stderr, error: { message: error.message, ...(line > 0 && { line }) } }
}
