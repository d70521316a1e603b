/**
 * What a host hands a module besides its tasks: state, and the secrets that its manifest asks for.
 */
import { TaskFault, whyNotJson, type Json, type Manifest, type ModuleState, type Secrets } from '@nexus/sdk'

/** State in memory, for as long as the module is loaded. Values are copied on the way in and out, as on a wire. */
export function memoryState(manifest: Manifest): ModuleState {
  const values = new Map<string, string>()
  return stateOf(manifest, {
    get: (key) => values.get(key),
    set: (key, text) => void values.set(key, text),
    delete: (key) => void values.delete(key),
  })
}

/** Where texts of JSON are kept by their keys. */
export interface StateStore {
  get(key: string): string | undefined
  set(key: string, text: string): void
  delete(key: string): void
}

/** What a module keeps, wherever that is. What is not JSON is refused, naming the module. */
export function stateOf({ id }: Manifest, store: StateStore): ModuleState {
  return {
    async get(key) {
      const text = store.get(key)
      return text === undefined ? undefined : (JSON.parse(text) as Json)
    },
    async set(key, value) {
      const why = whyNotJson(value)
      if (why !== undefined) {
        throw TaskFault.of(
          'runtime',
          `Module "${id}" sets the state "${key}" to what is not JSON, at ${why}.`,
        )
      }
      store.set(key, JSON.stringify(value))
    },
    async delete(key) {
      store.delete(key)
    },
  }
}

/**
 * Only what the manifest lists under `permissions.secrets` is passed on to whoever keeps the secrets. `*` lists all, for
 * a module whose configuration names the secrets that it needs, where the host trusts its modules.
 */
export function listedSecrets(
  manifest: Manifest,
  secrets: Secrets,
  { isTrusted }: { readonly isTrusted: boolean },
): Secrets {
  const listed = new Set(manifest.permissions?.secrets)
  const listsAll = isTrusted && listed.has('*')
  return {
    async get(name) {
      if (listsAll || (name !== '*' && listed.has(name))) return secrets.get(name)
      const what = `Module "${manifest.id}" asks for the secret "${name}", which its manifest does not list`
      throw TaskFault.of('authorization', `${what}. Add it under permissions.secrets.`)
    },
  }
}

export const noSecrets: Secrets = {
  async get(name) {
    throw TaskFault.of('authorization', `There is no secret "${name}": none are configured.`)
  },
}
