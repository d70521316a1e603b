/**
 * The nexus command: reads the arguments, runs one command, and turns whatever happens into an exit code.
 *   0 completed · 1 the run faulted, or its storage failed · 2 bad usage or an invalid document · 130 cancelled
 */
import { version } from '@nexus/nexus'
import { NexusError } from '@nexus/sdk'
import { Command, CommanderError } from 'commander'
import { addDevCommand } from './commands/dev.ts'
import { addDoctorCommand } from './commands/doctor.ts'
import { addEstimatesCommand } from './commands/estimates.ts'
import { addGoalCommand } from './commands/goal.ts'
import { addModulesCommand } from './commands/modules.ts'
import { addPlanCommand } from './commands/plan.ts'
import { DocumentRefused, refusalDocument } from './commands/refusal.ts'
import { addResourcesCommand } from './commands/resources.ts'
import { addRunCommand } from './commands/run.ts'
import { addRunsCommand } from './commands/runs.ts'
import { addSchemaCommand } from './commands/schema.ts'
import { addStartCommand } from './commands/start.ts'
import { addValidateCommand } from './commands/validate.ts'
import { addWorkflowsCommand } from './commands/workflows.ts'
import { terminal, type Terminal } from './output/terminal.ts'
import { hideLoaderWarning } from './warnings.ts'

export const exitCodes = { completed: 0, faulted: 1, usage: 2, cancelled: 130 } as const

/** What is wrong with the data directory, on the way to its server, or with a plan, is nobody's bad usage. */
const faults = new Set([
  'disk_full',
  'storage_failed',
  'payload_unreadable',
  'database_corrupt',
  'data_unwritable',
  'server_unreachable',
  'planning_failed',
])

/** Runs the command and gives its exit code. Never throws, never calls `process.exit`. */
export async function main(args: readonly string[], io: Terminal = terminal(process)): Promise<number> {
  hideLoaderWarning()
  let code: number = exitCodes.completed
  const printing = countingDocuments(io)
  const program = buildProgram(printing.io, (ended) => {
    code = ended
  })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (wantsJson(args) && printing.documents() === 0 && !isFine(error)) io.json(refusalDocument(error))
    return explain(error, io)
  }
}

/** Also where the arguments cannot be read. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--')
  return (end === -1 ? args : args.slice(0, end)).includes('--json')
}

/** Whether a document has been printed, so that a failure after it does not print another. */
function countingDocuments(io: Terminal): { readonly io: Terminal; documents(): number } {
  let count = 0
  const json = (value: unknown): void => {
    count++
    io.json(value)
  }
  return { io: { ...io, json }, documents: () => count }
}

/** Help and the version were asked for. */
function isFine(error: unknown): boolean {
  return error instanceof CommanderError && error.exitCode === 0
}

/** What a command is given: the terminal, and the way to say how it ended. */
export interface Shell {
  readonly io: Terminal
  readonly exit: (code: number) => void
}

function buildProgram(io: Terminal, exit: (code: number) => void): Command {
  const program = new Command('nexus')
    .description('Runs workflows durably, with every capability a module that can be swapped.')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('Try: nexus --help')
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: (text) => io.err(text) })
  const shell: Shell = { io, exit }
  addRunCommand(program, shell)
  addGoalCommand(program, shell)
  addEstimatesCommand(program, shell)
  addPlanCommand(program, shell)
  addValidateCommand(program, shell)
  addRunsCommand(program, shell)
  addWorkflowsCommand(program, shell)
  addStartCommand(program, shell)
  addDevCommand(program, shell)
  addResourcesCommand(program, shell)
  addModulesCommand(program, shell)
  addSchemaCommand(program, shell)
  addDoctorCommand(program, shell)
  for (const command of everyCommand(program)) {
    command
      .exitOverride()
      .version(version, '-v, --version', 'print the version')
      .copyInheritedSettings(program)
      .showHelpAfterError(`Try: ${namesOf(command)} --help`)
  }
  return program
}

/** As it is typed, with the commands around it. */
function namesOf(command: Command): string {
  return command.parent ? `${namesOf(command.parent)} ${command.name()}` : command.name()
}

function everyCommand(command: Command): Command[] {
  return command.commands.flatMap((child) => [child, ...everyCommand(child)])
}

function explain(error: unknown, io: Terminal): number {
  if (error instanceof CommanderError) return isFine(error) ? exitCodes.completed : exitCodes.usage
  if (error instanceof DocumentRefused) {
    io.err(`${error.message}\n`)
    return exitCodes.usage
  }
  if (error instanceof NexusError) {
    io.err(`${io.style('red', 'error')}: ${error.message}\n`)
    return faults.has(error.code) ? exitCodes.faulted : exitCodes.usage
  }
  io.err(
    `${io.style('red', 'This is a bug in Nexus.')} ${error instanceof Error ? error.stack : String(error)}\n`,
  )
  return exitCodes.faulted
}
