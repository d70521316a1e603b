/**
 * `nexus schema`: the JSON Schema of workflow documents or of manifests, for editors.
 */
import { manifestSchema, workflowSchema } from '@nexus/nexus'
import { Argument, type Command } from 'commander'
import type { Shell } from '../main.ts'

const schemas = { workflow: workflowSchema, manifest: manifestSchema } as const

export function addSchemaCommand(program: Command, { io }: Shell): void {
  program
    .command('schema')
    .description('print the JSON Schema of workflow documents or module manifests, for editors')
    .addArgument(new Argument('[kind]').choices(Object.keys(schemas)).default('workflow'))
    .action((kind: keyof typeof schemas) => io.out(`${JSON.stringify(schemas[kind], null, 2)}\n`))
}
