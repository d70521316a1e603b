/**
 * @nexus/sdk/masking: hides the texts of secrets in values, for whoever runs modules and records what they give. It keeps
 * no secret itself, and which ones there are is for others to know.
 */
import type { Json } from './json.ts'

export type Mask = (value: Json) => Json

export const masked = '******'
/** A shorter secret is masked only where it is the whole text: as a part it would be found everywhere. */
const partLengthMin = 4

/** Replaces every text of the secrets, wherever it stands in a value, keys included. The identity without secrets. */
export function maskFor(secrets: Json): Mask {
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

/** Whether a value has something in it that is masked. */
export function holdsMasked(mask: Mask, value: Json): boolean {
  return JSON.stringify(mask(value)) !== JSON.stringify(value)
}

/** The texts of the secrets that are masked wherever they stand, the longest first. */
export function partsOf(secrets: Json): readonly string[] {
  const texts = textsOf(secrets).filter((text) => text.length >= partLengthMin)
  return texts.toSorted((a, b) => b.length - a.length)
}

function textsOf(value: Json): readonly string[] {
  if (typeof value === 'string') return value === '' ? [] : [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsOf)
}
