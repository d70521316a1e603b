/**
 * `nexus.yaml`, the file of a workspace: one TypeBox source for its type, its JSON Schema and its validation. Every key has
 * an effect; an unknown one is an error. Reading it and its positions are for `read.ts`.
 */
import { policySchema } from '@nexus/kernel'
import { Type, type Static, type TObject, type TProperties } from 'typebox'

const closed = { additionalProperties: false } as const
const folders = (description: string) =>
  Type.Optional(Type.Array(Type.String({ minLength: 1 }), { description }))
const moduleId = '^[a-z][a-z0-9_]*$'

function byModule<Value extends TObject | ReturnType<typeof Type.Union>>(value: Value, description: string) {
  return Type.Optional(Type.Record(Type.String({ pattern: moduleId }), value, { ...closed, description }))
}

function group<Properties extends TProperties>(properties: Properties, description: string) {
  return Type.Optional(Type.Object(properties, { ...closed, description }))
}

const wantedModule = Type.Object(
  {
    version: Type.Optional(Type.String({ description: 'A range of versions, as in npm; any by default.' })),
    path: Type.Optional(Type.String({ minLength: 1, description: 'The folder of the module.' })),
    source: Type.Optional(
      Type.Union([Type.Literal('nexus'), Type.Literal('modules')], {
        description: 'Where it must come from: with Nexus, or from the folder modules.',
      }),
    ),
    enabled: Type.Optional(Type.Boolean({ description: 'Whether it is taken at all; true by default.' })),
  },
  closed,
)

const kept = (what: string) =>
  Type.Optional(
    Type.String({
      pattern: String.raw`^P(?!$)(\d+W)?(\d+D)?(T(?!$)(\d+H)?(\d+M)?(\d+S)?)?$`,
      description: `How long ${what}, such as P30D; for ever by default.`,
    }),
  )

const portMax = 65_535
const bodyBytesMax = 1024 * 1024 * 1024

export const workspaceSchema = Type.Object(
  {
    modules: byModule(
      Type.Union([Type.String(), wantedModule]),
      'Modules that must be there, by id: a range of versions, or more about them.',
    ),
    config: byModule(Type.Object({}), 'The configuration of modules, by id.'),
    engine: group(
      {
        missed: Type.Optional(
          Type.Union([Type.Literal('once'), Type.Literal('skip')], {
            description: 'The times of schedules that passed meanwhile: one run makes up for them, or none.',
          }),
        ),
        catalog: Type.Optional(
          Type.String({
            minLength: 1,
            description: 'The root of the catalog default: a folder or an address.',
          }),
        ),
      },
      'How documents run.',
    ),
    server: group(
      {
        host: Type.Optional(Type.String({ minLength: 1, description: 'Where nexus start listens.' })),
        port: Type.Optional(Type.Integer({ minimum: 0, maximum: portMax })),
        token_file: Type.Optional(
          Type.String({ minLength: 1, description: 'A file with the token that is asked for.' }),
        ),
        body_limit: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: bodyBytesMax,
            description: 'The longest body of a request, in bytes.',
          }),
        ),
      },
      'How nexus start and nexus dev serve.',
    ),
    policy: Type.Optional(policySchema),
    retention: group(
      {
        completed: kept('a run is kept that completed'),
        faulted: kept('a run is kept that faulted'),
        cancelled: kept('a run is kept that was cancelled'),
        events: kept('an accepted event is kept for whoever listens later'),
      },
      'What nexus start forgets, with all that belongs to it, once an hour.',
    ),
    workflows: folders('Folders of workflows that documents may run.'),
    trust: folders('Folders whose modules run in the process of Nexus.'),
    secrets_dir: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'A folder with a file for each secret; NEXUS_SECRETS_DIR goes before it.',
      }),
    ),
  },
  { ...closed, $id: 'urn:nexus:workspace:1', title: 'Nexus workspace (nexus.yaml)' },
)

export type WorkspaceSettings = Static<typeof workspaceSchema>
