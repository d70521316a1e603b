/** Commands of the shell, scripts, and code in the goal itself. What they are given goes in as arguments or as their input, never as text of a command. */
import type { Json, JsonObject } from '@nexus/sdk'
import type { Operand, Slots } from '../../grammar/tree.ts'
import { jsonText } from '../../json_text.ts'
import { Refusal } from '../../refusal.ts'
import type { Compiler, Operation } from '../compiler.ts'
import { defined } from '../definitions.ts'
import { asArgument, isDatabase } from '../files.ts'
import { operandIn, operandsIn, textIn } from '../slots.ts'
import { inExpression, literal, type Value } from '../values.ts'
import { forget } from './files.ts'
import { programsOf } from './programs.ts'

// Without the look behind it every blank of a long row of them would be tried as the first one.
const trimmed = 'sub("(?<!\\\\s)\\\\s+$"; "")'

const runCommand: Operation = (compiler, { slots, span }) => {
  const command = textIn(slots, 'command') ?? ''
  if (command.trim() === '') throw new Refusal('The command is empty.', [span])
  const { arguments: given, stdin } = inputsOf(compiler, slots)
  const shown = given.length > 0 && !/\$(?:[1-9@*]|\{)/.test(command) ? `${command} "$@"` : command
  return ran(
    compiler,
    { shell: { command: literal(shown), ...(given.length > 0 && { arguments: given }), ...stdin } },
    programsOf(command),
  )
}

/** Several, one after the other: each gives a result of its own. */
const runCommands: Operation = (compiler, { slots, ...phrase }) => {
  const values = operandsIn(slots, 'what').map((operand) => {
    const value = operand.kind === 'literal' ? operand.value : null
    const command = { type: 'value', value, span: operand.span } as const
    const done = runCommand(compiler, { ...phrase, slots: { command } })
    if (!done) throw new Refusal('This gives nothing.', [operand.span])
    compiler.values.push(done)
    return done
  })
  const [only] = values
  if (values.length === 1 && only) return only
  return compiler.together({
    type: 'list',
    expression: `[${values.map(({ expression }) => expression).join(', ')}]`,
    names: ['outputs', 'results'],
    parts: values,
  })
}

function ran(
  compiler: Compiler,
  run: JsonObject,
  programs: readonly string[],
  { name = 'run', reads = [] }: { readonly name?: string; readonly reads?: readonly string[] } = {},
): Value {
  forget(compiler)
  const expression = compiler.plan.add({
    name: `${name}_${programs[0] ?? ''}`,
    capability: 'shell' in run ? 'run.shell' : 'run.script',
    definition: { run },
    isOpen: true,
    as: trimmed,
    needs: [...programs.map((program) => ({ run: program })), ...reads.map((path) => ({ read: path }))],
  })
  return { type: 'text', expression, names: ['output'], isByTheWay: true }
}

function inputsOf(compiler: Compiler, slots: Slots): { arguments: readonly Json[]; stdin: JsonObject } {
  const input = operandIn(slots, 'input')
  const operands = operandsIn(slots, 'argument')
  const stdin = input
    ? { stdin: inExpression(defined(`${inputOf(compiler, input).expression} | plain_text`)) }
    : {}
  return {
    arguments: operands.map((operand) => {
      if (operand.kind === 'file') return literal(asArgument(operand.path))
      const value = compiler.operand(operand)
      if (value.isGiven && value.type === 'text') return literal(String(JSON.parse(value.expression)))
      return inExpression(
        defined(`${value.expression} | if type == "array" or type == "object" then tojson else . end`),
      )
    }),
    stdin,
  }
}

/** A file goes into a command as it is, not as the rows that it has. */
function inputOf(compiler: Compiler, input: Operand): Value {
  const path = plainFileOf(input)
  return path === undefined ? compiler.operand(input) : compiler.run('read_text', path, input.span)
}

function plainFileOf(operand: Operand): string | undefined {
  if (operand.kind === 'file') return isDatabase(operand.path) ? undefined : operand.path
  if (operand.kind !== 'phrase' || operand.phrase.pattern.does !== 'give') return undefined
  const { source, what, ...more } = operand.phrase.slots
  const inner =
    operandIn({ ...(source && { source }) }, 'source') ?? operandIn({ ...(what && { what }) }, 'what')
  return inner && Object.keys(more).length === 0 ? plainFileOf(inner) : undefined
}

const interpreters: ReadonlyMap<string, string> = new Map([
  ['py', 'python3'],
  ['js', 'node'],
  ['mjs', 'node'],
  ['sh', 'sh'],
])

const runScript: Operation = (compiler, { slots }) => {
  const script = textIn(slots, 'script') ?? ''
  const program = interpreters.get(/\.(\w+)$/.exec(script)?.[1] ?? '') ?? 'sh'
  const { arguments: given, stdin } = inputsOf(compiler, slots)
  const shell = { command: `${program} "$@"`, arguments: [literal(asArgument(script)), ...given], ...stdin }
  return ran(compiler, { shell }, [program], { reads: [script] })
}

const runCode: Operation = (compiler, { slots, pattern }) => {
  const { stdin } = inputsOf(compiler, slots)
  const code = literal(textIn(slots, 'code') ?? '')
  const language = jsonText(pattern.fixed['language'])
  return ran(
    compiler,
    { script: { language, code, ...stdin } },
    [language === 'python' ? 'python3' : 'node'],
    { name: 'run_code' },
  )
}

export const commandOperations: Readonly<Record<string, Operation>> = {
  run_command: runCommand,
  run_commands: runCommands,
  run_script: runScript,
  run_code: runCode,
}
