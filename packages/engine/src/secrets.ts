/**
 * `$secrets`: where they come from, and that they go nowhere else. What a document declares in `use.secrets` is asked
 * of a provider when a run begins; from then on every value that is recorded, handed on or shown has them masked.
 * Source: DSL 1.0.3, "Secret".
 */
import { TaskFault, workflowError, type Json, type JsonObject } from '@nexus/sdk'
import { environmentName } from './secret_providers.ts'

export interface SecretProvider {
  /** The secret, text or an object of texts; undefined where there is none of that name. */
  get(name: string): Promise<Json | undefined>
}

export const noSecrets: SecretProvider = { get: async () => undefined }

/** Rejects with a `TaskFault` of type authorization that names the secret that is not there. */
export async function readSecrets(names: readonly string[], provider: SecretProvider): Promise<JsonObject> {
  const secrets: Record<string, Json> = {}
  for (const [index, name] of names.entries()) {
    const value = await provider.get(name)
    if (value === undefined) throw missing(name, index)
    secrets[name] = value
  }
  return secrets
}

function missing(name: string, index: number): TaskFault {
  const variable = environmentName(name)
  const detail = `There is no secret "${name}". Give it in the environment (${variable}=…), or as a file of that name in the folder that NEXUS_SECRETS_DIR names.`
  return new TaskFault({ ...workflowError('authorization', detail), instance: `/use/secrets/${index}` })
}
