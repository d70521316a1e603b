/**
 * Modules on the wire.
 */
import { Type, type Static } from 'typebox'
import { choice, list, named, nullable, text, whole } from './words.ts'

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

export const Module = named('Module', 'A module at hand.', {
  id: text('Its id.'),
  version: nullable(text('Its version.')),
  type: choice(['orchestrator', 'analyzer', 'executor', 'integration'], 'What it is for.'),
  name: text('Its name for people.'),
  description: text('What it does.'),
  state: choice(['available', 'loaded', 'faulty'], 'Whether it serves, can serve, or cannot.'),
  artifact: nullable(text('The sha-256 of its artifact, in hex.')),
  provides: list(Capability, 'The tasks that it does.'),
  host: nullable(text('The host that it runs in.')),
  folder: text('Where it lies.'),
  problems: list(ModuleProblem, 'What is wrong with it.'),
})
export type Module = Static<typeof Module>

export const ModuleList = named('ModuleList', 'The modules at hand.', {
  modules: list(Module, 'The modules.'),
})
