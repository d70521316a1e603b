/**
 * `nexus validate FILE`: says of a document what is wrong with it, without running it.
 */
import type { Command } from 'commander'
import { exitCodes, type Shell } from '../main.ts'
import { jsonOption, readDocument, workflowsOption } from './options.ts'
import { checkFile, workflowFolders } from './documents.ts'
import { problemsText } from './refusal.ts'
import { withScratchNexus } from './scratch.ts'

export function addValidateCommand(program: Command, shell: Shell): void {
  program
    .command('validate <file>')
    .description('check a workflow document without running it (- reads standard input)')
    .option(...jsonOption)
    .option(...workflowsOption)
    .action((file: string, options: ValidateOptions) => validate(file, options, shell))
}

interface ValidateOptions {
  readonly json?: boolean
  readonly workflows?: readonly string[]
}

async function validate(file: string, options: ValidateOptions, { io, exit }: Shell): Promise<void> {
  const json = options.json === true
  const text = await readDocument(file, io)
  const workflows = workflowFolders(file, options.workflows)
  await withScratchNexus({ workflows }, (nexus) => {
    const name = file === '-' ? 'standard input' : file
    const workflow = checkFile(nexus, text, file)
    const valid = workflow.document !== undefined
    if (json) io.json({ file: name, valid, problems: workflow.problems })
    else io.err(problemsText(workflow))
    if (!json && valid) io.out(`${io.style('green', '✓')} ${name} is valid.\n`)
    exit(valid ? exitCodes.completed : exitCodes.usage)
  })
}
