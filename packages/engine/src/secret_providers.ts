/**
 * Where secrets come from: the environment, files in a folder (as containers and service managers mount them), or both.
 * A secret is text; text that is a JSON object is that object.
 */
import type { Json } from '@nexus/sdk'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecretProvider } from './secrets.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The environment first, then the folder that `NEXUS_SECRETS_DIR` names. */
export function defaultSecrets(environment: Environment): SecretProvider {
  const folder = environment['NEXUS_SECRETS_DIR']
  const fromEnvironment = environmentSecrets(environment)
  return folder ? firstOf([fromEnvironment, fileSecrets(folder)]) : fromEnvironment
}

/** The first provider that has it. */
export function firstOf(providers: readonly SecretProvider[]): SecretProvider {
  return {
    async get(name) {
      for (const provider of providers) {
        const value = await provider.get(name)
        if (value !== undefined) return value
      }
      return undefined
    },
  }
}

/** Secrets from environment variables: `github_token` is in `NEXUS_SECRET_GITHUB_TOKEN`. */
export function environmentSecrets(environment: Environment): SecretProvider {
  return {
    async get(name) {
      const text = environment[environmentName(name)]
      return text === undefined ? undefined : parsed(text)
    },
  }
}

export function environmentName(name: string): string {
  return `NEXUS_SECRET_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
}

/** A name that stays in its folder. */
const fileName = /^(?!\.\.?$)[^/\\\0]+$/

/** Secrets in files of their names, read when they are asked for. One line end at the end is not part of the secret. */
export function fileSecrets(folder: string): SecretProvider {
  return {
    async get(name) {
      if (!fileName.test(name)) return undefined
      const text = await readIfThere(join(folder, name))
      return text === undefined ? undefined : parsed(text.replace(/\r?\n$/, ''))
    },
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Only an object is taken for JSON: a password that looks like a number is text. */
function parsed(text: string): Json {
  if (!text.trimStart().startsWith('{')) return text
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
