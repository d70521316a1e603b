/**
 * The `policy` of a `nexus.yaml`: what whoever runs a Nexus allows its modules. Of that file it reads this key alone; the
 * others are for others.
 */
import { NexusError } from '@nexus/sdk'
import { Type, type Static } from 'typebox'
import { parseWithPlaces } from './positions.ts'
import { formatProblems, type Problem } from './problem.ts'
import { isRecord, violations } from './schema.ts'

const closed = { additionalProperties: false } as const
const programs = Type.Array(
  Type.String({ pattern: '^(?:[^/]+|/.+)$', description: 'the name of a program, or an absolute path' }),
)

const PolicySettings = Type.Object(
  {
    network: Type.Optional(Type.Object({ private: Type.Optional(Type.Boolean()) }, closed)),
    programs: Type.Optional(
      Type.Object({ allow: Type.Optional(programs), deny: Type.Optional(programs) }, closed),
    ),
  },
  closed,
)

export type PolicySettings = Static<typeof PolicySettings>

/** Throws `NexusError` `bad_policy`, with the place of all that is wrong: a policy that is not understood allows nothing. */
export function readPolicySettings(text: string, file: string): PolicySettings {
  const placed = parseWithPlaces(text)
  if (placed.errors.length > 0) {
    throw badPolicy(
      placed.errors.map((error) => ({ file, ...error, message: `This is not YAML: ${error.message}` })),
    )
  }
  const policy = isRecord(placed.value) ? (placed.value['policy'] ?? {}) : {}
  const wrong = violations(PolicySettings, policy).map(({ pointer, ...rest }): Problem => {
    const part = rest.message.startsWith('Unknown key') ? 'key' : 'value'
    return { file, ...placed.locate(`/policy${pointer}`, part), ...rest }
  })
  if (wrong.length > 0) throw badPolicy(wrong)
  return policy
}

function badPolicy(problems: readonly Problem[]): NexusError {
  return new NexusError('bad_policy', formatProblems(problems))
}
