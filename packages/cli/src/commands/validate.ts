/**
 * `nexus validate FILE`: says of a document what is wrong with it, without running it.
 */
import { formatProblems } from '@nexus/nexus'
import type { Command } from 'commander'
import { exitCodes, type Shell } from '../main.ts'
import { jsonOption, readDocument } from './options.ts'
import { withScratchNexus } from './scratch.ts'

export function addValidateCommand(program: Command, shell: Shell): void {
  program
    .command('validate <file>')
    .description('check a workflow document without running it (- reads standard input)')
    .option(...jsonOption)
    .action((file: string, options: { json?: boolean }) => validate(file, options.json === true, shell))
}

async function validate(file: string, json: boolean, { io, exit }: Shell): Promise<void> {
  const text = await readDocument(file, io)
  await withScratchNexus((nexus) => {
    const name = file === '-' ? 'standard input' : file
    const workflow = nexus.check(text, name)
    const valid = workflow.document !== undefined
    if (json) io.out(`${JSON.stringify({ file: name, valid, problems: workflow.problems }, null, 2)}\n`)
    else if (workflow.problems.length > 0) io.err(formatProblems(workflow.problems, workflow))
    if (!json && valid) io.out(`${io.style('green', '✓')} ${name} is valid.\n`)
    exit(valid ? exitCodes.completed : exitCodes.usage)
  })
}
