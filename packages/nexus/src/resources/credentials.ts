/**
 * The authentication that a resource is fetched with: names of policies and secrets are replaced by what they stand
 * for, and expressions are evaluated, in which nothing but `$secrets` is known before a run. Whatever comes from
 * elsewhere gets none of it: a function of another host must not send the document's credentials where it likes.
 */
import { isJsonObject, NexusError, type Json, type JsonObject } from '@nexus/sdk'
import { evaluateTemplate, standardVariables, type Workflow } from '@nexus/workflow'

export interface SecretSource {
  /** Undefined where there is none of that name. */
  get(name: string): Promise<Json | undefined>
}

/** Rejects with `NexusError` `authentication_not_ready`, or with the fault of an expression. */
export async function resolveAuthentication(
  written: Json,
  document: Workflow,
  secrets: SecretSource,
): Promise<Json> {
  const policy = namedPolicy(written, document)
  const declared = document.use?.secrets ?? []
  const entries = isJsonObject(policy) ? Object.entries(policy) : []
  const schemes = entries.map(async ([scheme, properties]): Promise<[string, Json]> => {
    const secret = isJsonObject(properties) ? properties['use'] : undefined
    if (typeof secret === 'string') return [scheme, await readSecret(secret, secrets)]
    return [scheme, await evaluated(properties, declared, secrets)]
  })
  return Object.fromEntries(await Promise.all(schemes))
}

/** Whether a policy asks for something that the document keeps: a policy by its name, a secret, an expression. */
export function usesNames(policy: Json): boolean {
  if (typeof policy === 'string') return policy.includes('${')
  if (!isJsonObject(policy)) return false
  return Object.entries(policy).some(([key, member]) => key === 'use' || usesNames(member))
}

function namedPolicy(policy: Json, document: Workflow): Json {
  const name = isJsonObject(policy) ? policy['use'] : undefined
  const policies: Readonly<Record<string, object>> = document.use?.authentications ?? {}
  if (typeof name !== 'string' || !Object.hasOwn(policies, name)) return policy
  return (policies as unknown as JsonObject)[name] ?? policy
}

async function readSecret(name: string, secrets: SecretSource): Promise<Json> {
  const value = await secrets.get(name)
  if (value !== undefined) return value
  throw new NexusError('authentication_not_ready', `There is no secret "${name}" to authenticate with.`)
}

async function evaluated(properties: Json, declared: readonly string[], source: SecretSource): Promise<Json> {
  if (!usesNames(properties)) return properties
  const values: Record<string, Json> = {}
  const text = JSON.stringify(properties)
  for (const name of declared) if (text.includes(name)) values[name] = await readSecret(name, source)
  return evaluateTemplate(properties, null, {
    names: standardVariables,
    lookup(variable) {
      if (variable === 'secrets') return values
      throw notYet(`\`$${variable}\` is`)
    },
    now() {
      throw notYet('the time of the run is')
    },
  })
}

function notYet(what: string): NexusError {
  return new NexusError(
    'authentication_not_ready',
    `To authenticate before the run begins, only \`$secrets\` can be used: ${what} not known yet.`,
  )
}
