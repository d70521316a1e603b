/**
 * Reusable components, put where they are used: after this, nobody needs to look into `use` for a timeout, a retry, an
 * error or an authentication, and modules see definitions that are whole. Names that are not declared have been
 * refused by validation; functions, extensions and catalogs are not components of this kind.
 * Source: DSL 1.0.3, "Use".
 */
import type { Workflow } from './schema/index.ts'
import { everyTaskOf } from './tasks.ts'

const inlined = new WeakMap<Workflow, Workflow>()

/** The document with its named components in place; the document itself where it has none. */
export function inlineComponents(document: Workflow): Workflow {
  if (document.use === undefined && typeof document.timeout !== 'string') return document
  let whole = inlined.get(document)
  if (!whole) inlined.set(document, (whole = inline(structuredClone(document))))
  return whole
}

type Members = Record<string, unknown>

function inline(copy: Workflow): Workflow {
  const use = (copy.use ?? {}) as Readonly<Record<string, Members | undefined>>
  replaceName(copy, 'timeout', use['timeouts'])
  for (const { task } of everyTaskOf(copy)) inlineInTask(task, use)
  return copy
}

function inlineInTask(task: Members, use: Readonly<Record<string, Members | undefined>>): void {
  replaceName(task, 'timeout', use['timeouts'])
  if (isMembers(task['raise'])) replaceName(task['raise'], 'error', use['errors'])
  if (isMembers(task['catch'])) replaceName(task['catch'], 'retry', use['retries'])
  inlineAuthentication(task['with'], use['authentications'])
  inlineAuthentication(task['run'], use['authentications'])
}

/** A member that is the name of a component becomes the component. */
function replaceName(holder: Members, key: string, components: Members | undefined): void {
  const name = holder[key]
  if (typeof name === 'string' && components && Object.hasOwn(components, name))
    holder[key] = components[name]
}

/** What a request carries is data, in which a member of that name means nothing. */
const carried = new Set(['body', 'data', 'arguments', 'parameters', 'headers', 'query'])

function inlineAuthentication(value: unknown, policies: Members | undefined): void {
  if (Array.isArray(value)) for (const item of value) inlineAuthentication(item, policies)
  if (!isMembers(value)) return
  for (const [key, member] of Object.entries(value)) {
    if (carried.has(key)) continue
    if (key === 'authentication') value[key] = withSecret(resolvePolicy(member, policies))
    else inlineAuthentication(member, policies)
  }
}

function resolvePolicy(policy: unknown, policies: Members | undefined): unknown {
  const name = isMembers(policy) ? policy['use'] : policy
  return typeof name === 'string' && policies && Object.hasOwn(policies, name) ? policies[name] : policy
}

/** `{basic: {use: secret}}`: the secret holds the properties of the scheme. */
function withSecret(policy: unknown): unknown {
  if (!isMembers(policy)) return policy
  return Object.fromEntries(
    Object.entries(policy).map(([scheme, properties]) => {
      const secret = isMembers(properties) ? properties['use'] : undefined
      return [scheme, typeof secret === 'string' ? `\${ $secrets[${JSON.stringify(secret)}] }` : properties]
    }),
  )
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
