/**
 * Modules on the wire.
 */
import type { JsonObject } from '@nexus/sdk'
import { Type, type Static } from 'typebox'
import {
  anyObject,
  choice,
  closed,
  flag,
  list,
  moment,
  named,
  nullable,
  optional,
  text,
  whole,
} from './words.ts'

export const ModuleProblem = Type.Object(
  {
    file: text('The file that it stands in.'),
    line: whole('From 1.'),
    column: whole('From 1.'),
    message: text('What is wrong.'),
  },
  { description: 'What is wrong with a module, and where.' },
)

/** A schema has further members, which a manifest may give. */
export const Capability = named('Capability', 'A task that a module does.', {
  task: text('What a task asks for.'),
  served_by: nullable(text('The module that gets such tasks: this one, or one that comes before it.')),
})

export const PassedOver = named('PassedOver', 'A candidate that does not serve, and why.', {
  version: nullable(text('Its version.')),
  source: text('What the source is called that it is from.'),
  folder: text('Where it lies.'),
  why: text('A few words.'),
})

export const ModuleVersion = named('ModuleVersion', 'A version of a module that is there at the moment.', {
  version: text('The version.'),
  artifact: text('The sha-256 of its artifact, in hex.'),
  host: text('The host that it runs in.'),
  current: flag('Whether the next run that begins sees this one.'),
  loaded: flag('Whether it has an instance.'),
  in_flight: whole('Tasks under way.'),
  generations: list(
    Type.Integer(),
    'Through which generations it is seen: the current one, and those that runs in flight began under.',
  ),
  runs: whole('How many runs in flight see it; `/modules/{id}/holders` says which.'),
})

export const Module = named('Module', 'A module at hand.', {
  id: text('Its id.'),
  version: nullable(text('Its version.')),
  type: choice(['orchestrator', 'analyzer', 'executor', 'integration'], 'What it is for.'),
  name: text('Its name for people.'),
  description: text('What it does.'),
  state: choice(
    ['available', 'loaded', 'faulty'],
    'Whether it has an instance, starts at its next use, or cannot be used.',
  ),
  artifact: nullable(text('The sha-256 of its artifact, in hex.')),
  provides: list(Capability, 'The tasks that it does.'),
  host: nullable(text('The host that it runs in.')),
  folder: text('Where it lies.'),
  source: text('What the source is called that it is from; store for what served before.'),
  passed_over: list(PassedOver, 'Other candidates for it.'),
  in_flight: whole('Tasks that the version that serves has under way.'),
  versions: list(
    ModuleVersion,
    'Its versions side by side: the one that serves, and those that runs keep or that leave.',
  ),
  problems: list(ModuleProblem, 'What is wrong with it.'),
})
export type Module = Static<typeof Module>

export const ModuleList = named('ModuleList', 'The modules at hand.', {
  modules: list(Module, 'The modules.'),
})

const drainPolicy = choice(
  ['wait', 'move', 'cancel'],
  'They are waited for; or stopped where they are and gone on with at once by what serves now; or cancelled.',
)

const drain = closed(
  {
    policy: drainPolicy,
    deadline_ms: whole('Milliseconds from the moment that the change is live.', {
      minimum: 0,
      maximum: 2_147_483_647,
    }),
  },
  {
    description:
      'What becomes of runs that still use what leaves, after a while; by default they are waited for.',
  },
)

const watch = Type.Unsafe<false | { readonly ms: number; readonly errors: number; readonly ratio: number }>({
  description:
    'How many errors of what comes in undo the change; false: none. By default five within ten seconds, if they are a fifth of its tasks.',
  anyOf: [
    { const: false },
    closed({
      ms: whole('For so many milliseconds.', { minimum: 1, maximum: 3_600_000 }),
      errors: whole('So many errors of the module itself…', { minimum: 1 }),
      ratio: Type.Number({ minimum: 0, maximum: 1, description: '…that are this share of its tasks.' }),
    }),
  ],
})

const runs = optional(
  choice(
    ['follow', 'pin'],
    'Whether runs in flight go over to what comes in, or stay; by default a major version keeps them, others do not.',
  ),
)
const how = { runs, consent: optional(flag('You have seen which permissions come on top, and agree.')) }

export const ModuleSwap = closed(
  {
    source: text(
      'The whole path of the folder of the module on the machine of the server; or a version that served here before, or the first 12 or more digits of the digest of its artifact.',
      { minLength: 1 },
    ),
    ...how,
  },
  { title: 'ModuleSwap', description: 'What comes in the place of a module.' },
)

/** Of a configuration that stands alone in its request. */
export const ConfigQuery = closed({ runs })

export const ModuleConfig = Type.Unsafe<JsonObject>({
  type: 'object',
  title: 'ModuleConfig',
  description: "A configuration, whole: what it does not say is as the module's schema has it.",
})

export const ModuleChange = closed(
  {
    folders: optional(
      list(
        text('A folder of a module on the machine of the server.'),
        'Each comes in the place of the module with its id.',
      ),
    ),
    versions: optional(
      Type.Record(
        Type.String(),
        text('A version, or the first 12 or more digits of the digest of an artifact.'),
        {
          description: 'Versions that served here before, by module id.',
        },
      ),
    ),
    remove: optional(list(text('An id.'), 'Modules that leave.')),
    config: optional(
      Type.Record(Type.String(), anyObject('A configuration.'), { description: 'By module id, each whole.' }),
    ),
    ...how,
    drain: optional(drain),
    watch: optional(watch),
    replay: optional(
      whole('So many recorded tasks of each idempotent capability must come out as they did.', {
        minimum: 1,
        maximum: 50,
      }),
    ),
  },
  {
    title: 'ModuleChange',
    description: 'Modules that come in, leave, or get another configuration; all of it or nothing.',
    minProperties: 1,
  },
)

export const ChangedModule = named('ChangedModule', 'What a change made of one module.', {
  id: text('Its id.'),
  from: nullable(text('The version before; null where it is new.')),
  to: nullable(text('The version now; null where it has left.')),
  artifact: nullable(text('The sha-256 of its artifact, in hex.')),
})

export const Receipt = named('Receipt', 'What a change did.', {
  number: whole('Counts the changes, from 1.'),
  generation: whole('The generation that it made current.'),
  before: whole('The one before; 0 where there was none.'),
  at: moment('When it was live.'),
  changed: list(ChangedModule, 'What it changed.'),
  ms: Type.Record(Type.String(), Type.Number(), { description: 'Milliseconds of each step.' }),
  runs: Type.Object({
    followed: whole('Runs in flight that went over to all of it.'),
    pinned: whole('Those that keep an older version of something.'),
  }),
  replayed: optional(whole('Recorded tasks that were done again and came out as before.')),
  because: optional(text('Why it was made, where nobody asked for it.')),
  drain: optional(
    Type.Object(
      {
        policy: drainPolicy,
        moved: list(Type.String(), 'Runs that went over.'),
        cancelled: list(Type.String(), 'Runs that were cancelled.'),
        waiting: list(Type.String(), 'Runs that are waited for.'),
      },
      { description: 'What became of the runs that still used what has left at the deadline.' },
    ),
  ),
  handles_left: whole('What the modules that left had not let go of.'),
  problems: list(text('A sentence.'), 'What went wrong after it was live.'),
})
export type Receipt = Static<typeof Receipt>

export const ReceiptList = named('ReceiptList', 'The changes of the modules, oldest first.', {
  receipts: list(Receipt, 'The receipts.'),
})

export const Generation = named('Generation', 'A set of modules that served together.', {
  number: whole('From 1.'),
  at: moment('When it was committed.'),
  current: flag('Whether it serves now.'),
  modules: list(
    Type.Object({
      id: text('Its id.'),
      version: text('Its version.'),
      artifact: text('The sha-256, in hex.'),
    }),
    'Its modules.',
  ),
})

export type Generation = Static<typeof Generation>

export const GenerationList = named('GenerationList', 'The generations, oldest first.', {
  generations: list(Generation, 'The generations.'),
})

export const HolderList = named('HolderList', 'The runs in flight that see a module.', {
  holders: list(
    Type.Object({
      run: text('The id of the run.'),
      version: text('What it sees.'),
      artifact: text('The sha-256, in hex.'),
    }),
    'The runs.',
  ),
})
