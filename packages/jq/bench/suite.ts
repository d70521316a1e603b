/**
 * Runs jq's own test files against this engine: `node bench/suite.ts <folder of *.test files> [-v]`.
 *
 * The files are not part of this repository. A case is a program, an input and the outputs, each on a line; `%%FAIL`
 * marks a program that must not compile, with jq's message. Prints a table by file and every failure.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { compile, JqSyntaxError, type ModuleRequest, type ResolvedModule } from '../src/index.ts'

interface Case {
  line: number
  program: string
  input: string
  outputs: string[]
  error: string[] | undefined
  ignoresMessage: boolean
}

const [folder = '.'] = process.argv.slice(2)
const modulesFolder = resolve(folder, 'modules')

function readCases(text: string): Case[] {
  const cases: Case[] = []
  const lines = text.split('\n')
  const isSkipped = (line: string) => /^\s*(#.*)?$/.test(line)
  for (let at = 0; at < lines.length; at++) {
    if (isSkipped(lines[at] ?? '')) continue
    const fails = (lines[at] ?? '').startsWith('%%FAIL')
    const ignoresMessage = /IGNORE MSG/.test(lines[at] ?? '')
    if (fails) at++
    const line = at + 1
    const program = lines[at++] ?? ''
    const input = fails ? 'null' : (lines[at++] ?? '')
    const rest: string[] = []
    for (; at < lines.length && !/^\s*$/.test(lines[at] ?? ''); at++)
      if (fails || !isSkipped(lines[at] ?? '')) rest.push(lines[at] ?? '')
    cases.push({
      line,
      program,
      input,
      outputs: fails ? [] : rest,
      error: fails ? rest : undefined,
      ignoresMessage,
    })
  }
  return cases
}

/** Finds modules as C jq does: beside the importer or in the test modules, as `x.jq` or `x/x.jq`. */
function findModule({ path, isData, metadata, from }: ModuleRequest): ResolvedModule | undefined {
  const search =
    typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata)
      ? metadata['search']
      : undefined
  const base = from === undefined ? modulesFolder : dirname(from)
  const roots = typeof search === 'string' ? [resolve(base, search), modulesFolder] : [modulesFolder]
  const name = path.split('/').at(-1) ?? path
  const extension = isData ? 'json' : 'jq'
  const candidates = roots.flatMap((root) => [
    join(root, `${path}.${extension}`),
    join(root, path, `${name}.${extension}`),
  ])
  const file = candidates.find((candidate) => existsSync(candidate))
  if (file === undefined) return undefined
  const text = readFileSync(file, 'utf8')
  return isData ? { id: file, data: [JSON.parse(text)] } : { id: file, source: text }
}

const parse = compile('fromjson')
const same = compile('. as [$a, $b] | ($a | fromjson) == ($b | fromjson)')
const show = compile('tojson')

/** The program reads its input's text itself, so that big numbers reach it whole. */
function runCase(test: Case): string | undefined {
  if (test.error !== undefined) return runFailure(test, test.error)
  const found: string[] = []
  try {
    const { imports, body } = stripImports(test.program)
    const program = compile(`${imports}fromjson | ${body}\n| tojson`, { modules: findModule })
    const run = { env: { PAGER: 'less' }, now: () => 1_700_000_000 }
    for (const output of program(test.input, {}, run)) {
      found.push(JSON.stringify(output))
      if (found.length > test.outputs.length + 5) break
    }
  } catch (error) {
    if (error instanceof JqSyntaxError) return `does not compile: ${error.message}`
    const isRuntimeEnd = found.length === test.outputs.length && matches(found, test.outputs)
    return isRuntimeEnd ? undefined : `got ${found.join(' ; ')} and then ${String(error).slice(0, 300)}`
  }
  return matches(found, test.outputs) ? undefined : `got ${found.join(' ; ').slice(0, 400)}`
}

function stripImports(program: string): { imports: string; body: string } {
  const match = /^((?:(?:import|include)[^;]*;\s*)*)([\s\S]*)$/.exec(program)
  return { imports: match?.[1] ?? '', body: match?.[2] ?? program }
}

function matches(found: string[], expected: string[]): boolean {
  return (
    found.length === expected.length &&
    found.every((text, index) => equalTexts(JSON.parse(text), expected[index] ?? ''))
  )
}

function equalTexts(left: string, right: string): boolean {
  return same.first([left, right]) === true
}

function runFailure(test: Case, expected: string[]): string | undefined {
  try {
    compile(test.program, { modules: findModule })
    return 'compiles but must not'
  } catch (error) {
    if (!(error instanceof JqSyntaxError)) return String(error)
    const message = `jq: error: ${error.message}`
    return test.ignoresMessage || message === expected.join('\n')
      ? undefined
      : `says ${JSON.stringify(message)}`
  }
}

let allPassed = 0
let allTotal = 0
const failures: string[] = []
console.log('| file | pass | total |\n|---|---|---|')
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith('.test'))
  .sort()) {
  const cases = readCases(readFileSync(join(folder, file), 'utf8'))
  let passed = 0
  for (const test of cases) {
    const problem = runCase(test)
    if (problem === undefined) passed++
    else
      failures.push(
        `${file}:${test.line}  ${test.program}\n    input ${test.input.slice(0, 200)}\n    ${problem}\n    wanted ${(test.error ?? test.outputs).join(' ; ').slice(0, 400)}`,
      )
  }
  allPassed += passed
  allTotal += cases.length
  console.log(`| ${file} | ${passed} | ${cases.length} |`)
}
console.log(`| **all** | ${allPassed} | ${allTotal} |\n`)
for (const failure of failures) console.log(failure)
if (show.first(parse.first('1') ?? null) !== '1') throw new Error('the runner itself is broken')
