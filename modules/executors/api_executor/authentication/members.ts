/** Reads the members of a policy, none too many and none of a wrong type. Errors name the member, never its value. */
import { isJsonObject, nearest, TaskFault, type Json, type JsonObject } from '@nexus/sdk'

/** A member that is not known would be one that is not honoured. `place` is where they stand, such as `oauth2.client`. */
export function refuseUnknown(members: JsonObject, known: readonly string[], place: string): void {
  for (const name of Object.keys(members)) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    const hint = near === undefined ? `It has ${known.join(', ')}.` : `Did you mean "${near}"?`
    throw wrongPolicy(`${place} has no member "${name}". ${hint}`)
  }
}

export function textIn(members: JsonObject, name: string, place: string): string | undefined {
  const value = members[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value !== '') return value
  throw wrongPolicy(`${place}.${name} must be a text that is not empty.`)
}

export function textsIn(members: JsonObject, name: string, place: string): readonly string[] {
  const value: Json = members[name] ?? []
  if (Array.isArray(value) && value.every(isFilledText)) return value
  throw wrongPolicy(`${place}.${name} must be a list of texts that are not empty.`)
}

function isFilledText(value: Json): value is string {
  return typeof value === 'string' && value !== ''
}

/** What is not there has no members. */
export function objectIn(members: JsonObject, name: string, place: string): JsonObject {
  const value: Json = members[name] ?? {}
  if (isJsonObject(value)) return value
  throw wrongPolicy(`${place}.${name} must be an object.`)
}

export function choiceIn<Choice extends string>(
  members: JsonObject,
  name: string,
  { place, choices }: { place: string; choices: readonly Choice[] },
): Choice | undefined {
  const value = textIn(members, name, place)
  const choice = choices.find((known) => known === value)
  if (value === undefined || choice !== undefined) return choice
  throw wrongPolicy(`${place}.${name} must be one of ${choices.join(', ')}.`)
}

/** A user name and a password, for the schemes that have those and nothing else. */
export function readPassword<Scheme extends string>(
  scheme: Scheme,
  details: JsonObject,
): { readonly scheme: Scheme; readonly username: string; readonly password: string } {
  const { username, password } = details
  if (typeof username !== 'string' || typeof password !== 'string')
    throw wrongPolicy(`${scheme} needs a \`username\` and a \`password\`.`)
  refuseUnknown(details, ['username', 'password'], scheme)
  return { scheme, username, password }
}

export function wrongPolicy(what: string): TaskFault {
  return TaskFault.of('configuration', `Authentication by ${what}`)
}
