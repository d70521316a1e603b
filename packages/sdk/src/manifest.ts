/**
 * The manifest of a module: one TypeBox source for its TypeScript type, its JSON Schema and its validation.
 * Every key has a meaning; an unknown one is an error. Reading and positions belong to the kernel.
 */
import { Type, type Static } from 'typebox'

const closed = { additionalProperties: false } as const
const strings = (description: string) => Type.Array(Type.String(), { description })

/** `{id: range}`: a list of such one-key maps is how the manifest format says what is needed. */
const requirement = Type.Record(Type.String(), Type.String(), { minProperties: 1, maxProperties: 1 })
const requirementList = (description: string) => Type.Array(requirement, { description })

const jsonSchema = (description: string) =>
  Type.Union([Type.Boolean(), Type.Record(Type.String(), Type.Unknown())], { description })

const file = (description: string) => Type.String({ minLength: 1, description })

export const ProvidedTask = Type.Object(
  {
    task: Type.String({ minLength: 1, description: 'The capability: do, run.script, http, query.sql…' }),
    input_schema: Type.Optional(
      jsonSchema('The JSON Schema of its input, which is checked before the module is asked.'),
    ),
    output_schema: Type.Optional(
      jsonSchema('The JSON Schema of its output. Planners read it; `checkOutput` checks it in tests.'),
    ),
    idempotent: Type.Optional(
      Type.Boolean({ description: 'Running it twice has the effect of running it once.' }),
    ),
    description: Type.Optional(
      Type.String({ description: 'What it does, for whoever chooses among tasks.' }),
    ),
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
    network: Type.Optional(
      strings('The addresses that it reaches, as host:port. Listing any gives it the network.'),
    ),
    read: Type.Optional(strings('Files and folders that it reads besides its own folder.')),
    write: Type.Optional(strings('Files and folders that it writes.')),
    env: Type.Optional(strings('Variables of the environment that it sees.')),
    secrets: Type.Optional(strings('Secrets that it may ask for.')),
    run: Type.Optional(strings('Programs that it starts. Listing any lets it start programs.')),
  },
  { ...closed, description: 'What it may reach in a process of its own; nothing that is not listed.' },
)

export const Manifest = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z][a-z0-9_]*$',
      description: 'Unique, snake_case, the name of its folder.',
    }),
    version: Type.String({ description: 'A semantic version.' }),
    type: Type.Union(
      [
        Type.Literal('orchestrator'),
        Type.Literal('analyzer'),
        Type.Literal('executor'),
        Type.Literal('integration'),
      ],
      {
        description:
          'orchestrator, analyzer, executor or integration; its folder lies in the one of that name, such as executors.',
      },
    ),
    name: Type.String({ minLength: 1, description: 'Its name for people.' }),
    description: Type.String({ description: 'What it does, in a sentence.' }),
    metadata: Type.Optional(
      Type.Object(
        {
          author: Type.Optional(Type.String({ description: 'Who wrote it.' })),
          created: Type.Optional(Type.String({ description: 'When, as a date.' })),
          tags: Type.Optional(strings('Words to find it by.')),
          category: Type.Optional(
            Type.Union([Type.Literal('core'), Type.Literal('experimental'), Type.Literal('community')], {
              description: 'core, experimental or community.',
            }),
          ),
        },
        { ...closed, description: 'For people; nothing depends on it.' },
      ),
    ),
    dependencies: Type.Optional(
      Type.Object(
        {
          modules: Type.Optional(
            requirementList('Modules that it needs, each as {id: range}; started before it.'),
          ),
          optional: Type.Optional(
            requirementList('Modules that are not brought in, but must be in range where they are there.'),
          ),
          python: Type.Optional(
            requirementList('Python packages that it imports, each as {name: specifiers}.'),
          ),
          npm: Type.Optional(
            requirementList(
              'npm packages that are not bundled but resolved when it runs, each as {name: range}.',
            ),
          ),
        },
        { ...closed, description: 'What must be there. Nothing is installed for it.' },
      ),
    ),
    conflicts: Type.Optional(
      requirementList('Modules that it cannot be used together with, and their ranges.'),
    ),
    capabilities: Type.Optional(strings('Words for what it can do; tasks are routed by `provides` alone.')),
    requirements: Type.Optional(
      Type.Object(
        {
          memory_mb: Type.Optional(
            Type.Number({
              exclusiveMinimum: 0,
              description: 'The memory that its process may take; 512 where it says nothing.',
            }),
          ),
          cpu_cores: Type.Optional(
            Type.Number({ exclusiveMinimum: 0, description: 'How many cores the machine must have.' }),
          ),
          gpu: Type.Optional(Type.Boolean({ description: 'Whether the machine must have a GPU.' })),
        },
        { ...closed, description: 'What it needs of the machine.' },
      ),
    ),
    config_schema: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'The JSON Schema of its configuration, an object. Defaults are filled in.',
      }),
    ),
    entry_points: Type.Object(
      {
        main: file('The file with the class `Module`: .ts, .mts, .cts, .js, .mjs, .cjs or .py.'),
        setup: Type.Optional(
          file('A file with a function `setup(context)`, called before that of the module.'),
        ),
        teardown: Type.Optional(
          file('A file with a function `teardown()`, called after that of the module.'),
        ),
      },
      { ...closed, description: 'Its files, inside of its folder.' },
    ),
    behavior: Type.Optional(
      Type.Object(
        {
          auto_load: Type.Optional(
            Type.Boolean({ description: 'false: it starts at its first use, not with Nexus.' }),
          ),
          singleton: Type.Optional(
            Type.Boolean({ description: 'Without effect: one instance of a version does all of its tasks.' }),
          ),
          priority: Type.Optional(
            Type.Union([Type.Literal('low'), Type.Literal('normal'), Type.Literal('high')], {
              description: 'low, normal or high: of several that provide a task, the highest gets it.',
            }),
          ),
          cache_results: Type.Optional(
            Type.Boolean({
              description: 'The same input gives the same result for ten minutes, without asking it again.',
            }),
          ),
        },
        { ...closed, description: 'How it is kept and chosen.' },
      ),
    ),
    provides: Type.Optional(Type.Array(ProvidedTask, { description: 'The tasks that it does.' })),
    permissions: Type.Optional(Permissions),
  },
  { ...closed, $id: 'urn:nexus:manifest:1', title: 'Nexus module manifest' },
)

export type Manifest = Static<typeof Manifest>
export type ProvidedTask = Static<typeof ProvidedTask>
export type Permissions = Static<typeof Permissions>
export type ModuleType = Manifest['type']
