/**
 * The schema of a policy as it is written down: what whoever runs a Nexus allows its modules. Where it stands is for others.
 */
import { Type } from 'typebox'

const closed = { additionalProperties: false } as const
const programs = Type.Array(
  Type.String({ pattern: '^(?:[^/]+|/.+)$', description: 'the name of a program, or an absolute path' }),
)

export const policySchema = Type.Object(
  {
    network: Type.Optional(
      Type.Object(
        {
          private: Type.Optional(
            Type.Boolean({
              description: 'Whether loopback, link-local and private addresses may be reached.',
            }),
          ),
        },
        closed,
      ),
    ),
    confined: Type.Optional(
      Type.Boolean({
        description: 'Whether modules that are not trusted are refused where nothing confines them.',
      }),
    ),
    programs: Type.Optional(
      Type.Object({ allow: Type.Optional(programs), deny: Type.Optional(programs) }, closed),
    ),
  },
  { ...closed, description: 'What modules may do, whatever documents and manifests say.' },
)
