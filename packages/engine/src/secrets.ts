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

export type Mask = (value: Json) => Json

export const masked = '******'
/** A shorter secret is masked only where it is the whole text: as a part it would be found everywhere. */
const partLengthMin = 4

/** Replaces every text of the secrets, wherever it stands in a value, keys included. The identity without secrets. */
export function maskFor(secrets: JsonObject): Mask {
  const texts = textsOf(secrets).toSorted((a, b) => b.length - a.length)
  if (texts.length === 0) return (value) => value
  const parts = partsOf(secrets)
  const whole = new Set(texts)
  const maskText = (text: string): string => {
    if (whole.has(text)) return masked
    return parts.reduce((left, part) => (left.includes(part) ? left.replaceAll(part, masked) : left), text)
  }
  const mask = (value: Json): Json => {
    if (typeof value === 'string') return maskText(value)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(mask)
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [maskText(key), mask(member)]))
  }
  return mask
}

/** The texts of the secrets that are masked wherever they stand, the longest first. */
export function partsOf(secrets: JsonObject): readonly string[] {
  const texts = textsOf(secrets).filter((text) => text.length >= partLengthMin)
  return texts.toSorted((a, b) => b.length - a.length)
}

function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsOf)
}
