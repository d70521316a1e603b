/** From an operation and the values that a task gives to the call that is sent like any other. Pure. */
import { nearest, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { Call } from '../call.ts'
import { readHeaders } from '../call.ts'
import type { RequestCheck } from './check.ts'
import { encodeStrictly } from '../uri_template.ts'
import { writeBody } from './body.ts'
import type { Body, Operation, Parameter, Place } from './operation.ts'
import { encodeLoosely, writePairs, writeText, type Writing } from './style.ts'

export type Filled = Pick<Call, 'method' | 'uri' | 'headers' | 'body' | 'query'>

/** Many services answer in XML when nobody says what is wanted. */
const accept = 'application/json, */*;q=0.5'

export function fill(operation: Operation, values: JsonObject, check?: RequestCheck): Filled {
  const given = new Map(Object.entries(values).filter(([, value]) => value !== null))
  const declared = new Set(operation.parameters.map(({ name }) => name))
  const body = bodyOf(operation, new Map([...given].filter(([name]) => !declared.has(name))))
  refuseMissing(operation, given, body)
  if (check) checkAll(operation, given, { body, check })
  const { content, mediaType } = operation.body && body ? writeBody(operation, operation.body, body) : {}
  const headers = headersOf(operation.parameters, given)
  return {
    method: operation.method,
    uri: addressOf(operation, given),
    headers: { accept, ...(mediaType !== undefined && { 'content-type': mediaType }), ...headers },
    body: content,
    query: {},
  }
}

type Given = ReadonlyMap<string, Json>
/** What is sent as the body: a value, or its members one by one. */
export type GivenBody = { readonly whole: Json } | { readonly members: Given }

function checkAll(
  operation: Operation,
  given: Given,
  { body, check }: { body: GivenBody | undefined; check: RequestCheck },
): void {
  for (const parameter of operation.parameters) {
    const value = given.get(parameter.name)
    if (value !== undefined) check.parameter(parameter, value)
  }
  if (operation.body && body)
    check.body(operation.body, 'whole' in body ? body.whole : Object.fromEntries(body.members))
}

/** What is not declared belongs to the body, where there is one: the whole of it by its name, or members of it. */
function bodyOf(operation: Operation, rest: Given): GivenBody | undefined {
  const { id, body } = operation
  const names = [...rest.keys()]
  const name = names.find((known) => body !== undefined && isWhole(known, body))
  const whole = name === undefined ? undefined : rest.get(name)
  if (body && whole === undefined && takesMembers(body)) return rest.size > 0 ? { members: rest } : undefined
  const unknown = names.find((known) => known !== name)
  if (unknown === undefined) return whole === undefined ? undefined : { whole }
  if (whole === undefined) throw unknownParameter(operation, unknown)
  const why = `"${name}" is the whole body already, so that "${unknown}" has no place in it`
  throw TaskFault.of('validation', `Operation "${id}": ${why}.`)
}

function isWhole(name: string, body: Body): boolean {
  return name === body.name || (name === 'body' && !body.hasMemberBody)
}

function takesMembers({ mediaType }: Body): boolean {
  return /[/+]json\b|^application\/x-www-form-urlencoded\b|^multipart\/|\*/i.test(mediaType)
}

function refuseMissing(
  { id, parameters, body }: Operation,
  given: Given,
  filled: GivenBody | undefined,
): void {
  const names = parameters.filter(({ required, name }) => required && !given.has(name))
  const missing = names.map(({ name, place }) => `"${name}" (${place})`)
  const members = filled && 'members' in filled ? filled.members : new Map<string, Json>()
  const isOpen = filled === undefined || 'members' in filled
  for (const [name, { required }] of isOpen && body ? body.fields : [])
    if (required && !members.has(name)) missing.push(`"${name}" (form)`)
  if (body?.required === true && filled === undefined && missing.length === 0) missing.push('"body"')
  if (missing.length === 0) return
  throw TaskFault.of('validation', `Operation "${id}" needs ${missing.join(', ')} in \`parameters\`.`)
}

function unknownParameter({ id, parameters, body }: Operation, name: string): TaskFault {
  const known = [...parameters.map((parameter) => parameter.name), ...(body ? ['body'] : [])]
  const meant = nearest(name, known)
  const hint = meant === undefined ? `It takes ${known.join(', ') || 'none'}.` : `Did you mean "${meant}"?`
  return TaskFault.of('validation', `Operation "${id}" has no parameter "${name}". ${hint}`)
}

/** The path after the base, then the query of both. No brace is left that could be taken for a template. */
function addressOf({ id, path, base, parameters }: Operation, given: Given): string {
  const filled = path.replaceAll(/\{([^{}]*)\}/g, (_whole, name: string) => {
    const parameter = parameters.find((known) => known.place === 'path' && known.name === name)
    const value = given.get(name)
    if (parameter && value !== undefined) return writeText(name, ...textArguments(parameter, value))
    throw TaskFault.of(
      'configuration',
      `Path ${path} of operation "${id}" has "{${name}}", and the document declares no such parameter.`,
    )
  })
  refuseStrayPath(id, filled, path)
  const pairs = pairsOf(parameters, given, 'query')
  const query = [base.search.slice(1), ...pairs].filter((part) => part !== '').join('&')
  const address = base.origin + base.pathname.replace(/\/+$/, '') + filled.replace(/^\/*/, '/')
  return `${address}${query && `?${query}`}`.replaceAll('{', '%7B').replaceAll('}', '%7D')
}

/** Segments without a letter would be another address than the one that is described. */
function refuseStrayPath(id: string, filled: string, path: string): void {
  const written = path.split('/')
  const stray = filled
    .split('/')
    .find((segment, index) => segment !== written[index] && /^\.{0,2}$/.test(segment))
  if (stray === undefined) return
  throw TaskFault.of(
    'validation',
    `Path ${path} of operation "${id}" would become ${filled}, which leads elsewhere. A value is "${stray}".`,
  )
}

function headersOf(parameters: readonly Parameter[], given: Given): Record<string, string> {
  const headers = parameters.flatMap((parameter): [string, string][] => {
    const value = given.get(parameter.name)
    if (parameter.place !== 'header' || value === undefined) return []
    return [[parameter.name, writeText(parameter.name, ...textArguments(parameter, value))]]
  })
  const cookies = pairsOf(parameters, given, 'cookie')
  if (cookies.length > 0) headers.push(['cookie', cookies.join('; ')])
  return readHeaders(Object.fromEntries(headers), 'parameters')
}

function pairsOf(parameters: readonly Parameter[], given: Given, place: Place): string[] {
  return parameters.flatMap((parameter) => {
    const value = given.get(parameter.name)
    if (parameter.place !== place || value === undefined) return []
    return writePairs(parameter.name, ...textArguments(parameter, value))
  })
}

/** A header is sent as it is; everywhere else something has to be encoded. */
function textArguments(parameter: Parameter, value: Json): [Json, Writing] {
  const { place, keepsReserved, isJson } = parameter
  const loose = keepsReserved && place === 'query'
  const encode = place === 'header' ? String : loose ? encodeLoosely : encodeStrictly
  return [isJson ? JSON.stringify(value) : value, { ...parameter, encode }]
}
