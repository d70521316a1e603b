/**
 * `nexus schema`: the JSON Schema of workflow documents, of manifests or of nexus.yaml, for editors.
 */
import { manifestSchema, workflowSchema, workspaceSchema } from '@nexus/nexus'
import { Argument, type Command } from 'commander'
import type { Shell } from '../main.ts'

const schemas = { workflow: workflowSchema, manifest: manifestSchema, workspace: workspaceSchema } as const

export function addSchemaCommand(program: Command, { io }: Shell): void {
  program
    .command('schema')
    .description('print the JSON Schema of workflow documents, module manifests or nexus.yaml, for editors')
    .addArgument(new Argument('[kind]').choices(Object.keys(schemas)).default('workflow'))
    .action((kind: keyof typeof schemas) => io.json(schemas[kind]))
}
