/** A GraphQL document, looked at before it is sent: whether it is one, which operation it runs, and whether the schema has it and its variables. Pure. */
import {
  getOperationAST,
  getVariableValues,
  GraphQLError,
  parse,
  validate,
  type DocumentNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql'
import { TaskFault, type JsonObject } from '@nexus/sdk'
import { excerpt } from '../sql/excerpt.ts'

/** More would take long to validate. */
const tokensMax = 20_000
const errorsShownMax = 20

export interface Operation {
  readonly document: DocumentNode
  readonly operation: OperationDefinitionNode
}

export function readDocument(query: string, name: string | undefined): Operation {
  const document = parsed(query)
  const operation = getOperationAST(document, name)
  if (operation) return { document, operation }
  const names = document.definitions.flatMap((definition) =>
    definition.kind === 'OperationDefinition' ? [definition.name?.value ?? '(without a name)'] : [],
  )
  const has = names.length === 0 ? 'no operation' : `the operations ${names.join(', ')}`
  throw TaskFault.of('validation', `The query has ${has}; the argument operation_name must be one of them.`)
}

function parsed(query: string): DocumentNode {
  try {
    return parse(query, { maxTokens: tokensMax })
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error
    throw TaskFault.of('validation', `The query is not GraphQL: ${told(error, query)}`)
  }
}

export function validateDocument(
  { document, operation }: Operation,
  schema: GraphQLSchema,
  { query, variables }: { query: string; variables: JsonObject },
): void {
  const errors = [...validate(schema, document)]
  if (errors.length === 0) {
    const declared = operation.variableDefinitions ?? []
    const values = getVariableValues(schema, declared, variables, { maxErrors: errorsShownMax })
    errors.push(...(values.errors ?? []))
    const names = new Set(declared.map(({ variable }) => variable.name.value))
    const stray = Object.keys(variables).filter((name) => !names.has(name))
    if (stray.length > 0)
      errors.push(
        new GraphQLError(`The operation declares no variable ${stray.map((name) => `$${name}`).join(', ')}.`),
      )
  }
  if (errors.length === 0) return
  const shown = errors.slice(0, errorsShownMax).map((error) => `\n- ${told(error, query)}`)
  throw TaskFault.of('validation', `The query does not fit the schema of the service:${shown.join('')}`)
}

function told(error: GraphQLError, query: string): string {
  const [position] = error.positions ?? []
  return position === undefined ? error.message : `${error.message}\n${excerpt(query, position)}`
}
