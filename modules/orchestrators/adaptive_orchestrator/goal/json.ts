/** Reads values that came from elsewhere: what is not there, or is something else, is undefined or empty. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'

export function memberOf(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) ? value[key] : undefined
}

export function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : []
}

export function objectsOf(value: Json | undefined): readonly JsonObject[] {
  return listOf(value).filter((item): item is JsonObject => isJsonObject(item))
}
