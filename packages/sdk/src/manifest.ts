/**
 * The manifest of a module: one TypeBox source for its TypeScript type, its JSON Schema and its validation.
 * Every key has a meaning; an unknown one is an error. Reading and positions belong to the kernel.
 */
import { Type, type Static } from 'typebox'

const closed = { additionalProperties: false } as const
const strings = Type.Array(Type.String())

/** `{id: range}`: a list of such one-key maps is how the manifest format says what is needed. */
const requirement = Type.Record(Type.String(), Type.String(), { minProperties: 1, maxProperties: 1 })
const requirementList = Type.Array(requirement)

const jsonSchema = Type.Union([Type.Boolean(), Type.Record(Type.String(), Type.Unknown())])

export const ProvidedTask = Type.Object(
  {
    task: Type.String({ minLength: 1, description: 'The capability: do, run.script, http, query.sql…' }),
    input_schema: Type.Optional(jsonSchema),
    output_schema: Type.Optional(jsonSchema),
    idempotent: Type.Optional(
      Type.Boolean({ description: 'Running it twice has the effect of running it once.' }),
    ),
    description: Type.Optional(Type.String()),
    patterns: Type.Optional(
      Type.Array(Type.Record(Type.String(), Type.Unknown()), {
        description: 'How people ask for it in a goal: patterns as the goal_analyzer reads them.',
      }),
    ),
  },
  closed,
)

export const Permissions = Type.Object(
  {
    network: Type.Optional(strings),
    read: Type.Optional(strings),
    write: Type.Optional(strings),
    env: Type.Optional(strings),
    secrets: Type.Optional(strings),
    run: Type.Optional(strings),
  },
  closed,
)

export const Manifest = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z][a-z0-9_]*$',
      description: 'Unique, snake_case, the name of its folder.',
    }),
    version: Type.String({ description: 'A semantic version.' }),
    type: Type.Union([
      Type.Literal('orchestrator'),
      Type.Literal('analyzer'),
      Type.Literal('executor'),
      Type.Literal('integration'),
    ]),
    name: Type.String({ minLength: 1 }),
    description: Type.String(),
    metadata: Type.Optional(
      Type.Object(
        {
          author: Type.Optional(Type.String()),
          created: Type.Optional(Type.String()),
          tags: Type.Optional(strings),
          category: Type.Optional(
            Type.Union([Type.Literal('core'), Type.Literal('experimental'), Type.Literal('community')]),
          ),
        },
        closed,
      ),
    ),
    dependencies: Type.Optional(
      Type.Object(
        {
          modules: Type.Optional(requirementList),
          optional: Type.Optional(
            Type.Array(requirement, {
              description: 'Modules that are not brought in, but must be in range where they are there.',
            }),
          ),
          python: Type.Optional(requirementList),
          npm: Type.Optional(requirementList),
        },
        closed,
      ),
    ),
    conflicts: Type.Optional(
      Type.Array(requirement, {
        description: 'Modules that it cannot be used together with, and their ranges.',
      }),
    ),
    capabilities: Type.Optional(strings),
    requirements: Type.Optional(
      Type.Object(
        {
          memory_mb: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
          cpu_cores: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
          gpu: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
    ),
    config_schema: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
    entry_points: Type.Object(
      {
        main: Type.String({ minLength: 1 }),
        setup: Type.Optional(Type.String({ minLength: 1 })),
        teardown: Type.Optional(Type.String({ minLength: 1 })),
      },
      closed,
    ),
    behavior: Type.Optional(
      Type.Object(
        {
          auto_load: Type.Optional(Type.Boolean()),
          singleton: Type.Optional(Type.Boolean()),
          priority: Type.Optional(
            Type.Union([Type.Literal('low'), Type.Literal('normal'), Type.Literal('high')]),
          ),
          cache_results: Type.Optional(Type.Boolean()),
        },
        closed,
      ),
    ),
    provides: Type.Optional(Type.Array(ProvidedTask)),
    permissions: Type.Optional(Permissions),
  },
  { ...closed, $id: 'urn:nexus:manifest:1', title: 'Nexus module manifest' },
)

export type Manifest = Static<typeof Manifest>
export type ProvidedTask = Static<typeof ProvidedTask>
export type Permissions = Static<typeof Permissions>
export type ModuleType = Manifest['type']
