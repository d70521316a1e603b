/**
 * Which files, tables and addresses a task reads and writes, as far as its definition says so in plain words. What an
 * expression computes is not seen.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { programResources, shellResources } from './shell.ts'
import { queryResources } from './query.ts'
import { looksLikePath } from './path.ts'

export interface Resources {
  readonly reads: Iterable<string>
  readonly writes: Iterable<string>
}

export class Found implements Resources {
  readonly reads = new Set<string>()
  readonly writes = new Set<string>()

  read(kind: 'file' | 'table' | 'url', name: string): void {
    this.reads.add(`${kind}:${kind === 'file' ? plainPath(name) : name}`)
  }

  write(kind: 'file' | 'table' | 'url', name: string): void {
    this.writes.add(`${kind}:${kind === 'file' ? plainPath(name) : name}`)
  }
}

function plainPath(path: string): string {
  return path.replace(/^(?:\.\/+)+/, '').replaceAll(/\/{2,}/g, '/')
}

export function resourcesOf(task: JsonObject, kind: string): Resources {
  const found = new Found()
  const given = isJsonObject(task['with']) ? task['with'] : {}
  const run = isJsonObject(task['run']) ? task['run'] : {}
  if (kind === 'http') http(given, found)
  else if (kind === 'query.sql') queryResources(given, found)
  else if (kind === 'run.shell') shell(run['shell'], found)
  else if (kind === 'run.command')
    programResources(textOf(given['program']), textsOf(given['arguments']), found)
  else if (typeof task['call'] === 'string' && !kind.startsWith('nexus.')) paths(given, kind, found)
  return found
}

function shell(definition: Json | undefined, found: Found): void {
  if (definition === undefined || !isJsonObject(definition)) return
  const { command, arguments: args } = definition
  if (typeof command === 'string' && isPlain(command)) shellResources(command, textsOf(args), found)
}

function http({ method, endpoint }: JsonObject, found: Found): void {
  const uri = endpoint !== undefined && isJsonObject(endpoint) ? endpoint['uri'] : endpoint
  if (typeof uri !== 'string' || !isPlain(uri) || typeof method !== 'string') return
  const [address = ''] = uri.split(/[?#]/, 1)
  if (/^(?:get|head|options)$/i.test(method)) found.read('url', address)
  else found.write('url', address)
}

const writingKey = /^(?:to|out|output|destination|dest|target|save_as|save_to|write_to)(?:_?(?:file|path))?$/
const writingCall = /(?:write|save|store|append|put|delete|remove|create|export)\w*$/

/** Paths among the arguments of a capability that is not known: written where its name or theirs says so, and read elsewhere. */
function paths(given: JsonObject, capability: string, found: Found): void {
  const writes = writingCall.test(capability)
  const left: [string, Json][] = Object.entries(given)
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const [key, value] = next
    if (typeof value === 'string') {
      if (!isPlain(value) || !looksLikePath(value)) continue
      if (writes || writingKey.test(key)) found.write('file', value)
      else found.read('file', value)
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) left.push([Array.isArray(value) ? key : name, inner])
    }
  }
}

/** Not an expression. */
function isPlain(text: string): boolean {
  return !text.trimStart().startsWith('${')
}

/** Texts that are expressions stand for nothing that is known. */
function textsOf(list: Json | undefined): string[] {
  return Array.isArray(list) ? (list as Json[]).map(textOf) : []
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' && isPlain(value) ? value : ''
}
