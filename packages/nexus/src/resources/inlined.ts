/**
 * Documents that a call is described by and that stand beside the workflow, written into it: an address that holds its
 * content (`data:`, RFC 2397), with the name by which errors call it. A proto file has with it what it imports. Pure.
 */

export interface InlinedFile {
  /** As the workflow names it. */
  readonly name: string
  readonly text: string
}

/** `beside` is by the names under which the file asks for them. */
export function dataAddress({ name, text }: InlinedFile, beside: ReadonlyMap<string, string>): string {
  const shown = encodeURIComponent(name.split('/').at(-1) ?? name)
  if (beside.size === 0) return `data:text/plain;name=${shown};base64,${base64(text)}`
  const content = JSON.stringify({ text, beside: Object.fromEntries(beside) })
  return `data:${besideType};name=${shown};base64,${base64(content)}`
}

/** What `api_executor` reads as a file and those beside it. */
const besideType = 'application/vnd.nexus.files+json'

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** The files that a proto file imports; those of the language itself come with whoever reads it. */
export function importsOf(proto: string): readonly string[] {
  const imports = withoutComments(proto).matchAll(/\bimport\s+(?:(?:weak|public|option)\s+)?"([^"\n]+)"\s*;/g)
  return [...imports].map(([, name = '']) => name).filter((name) => !name.startsWith('google/protobuf/'))
}

function withoutComments(proto: string): string {
  return proto.replaceAll(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (part) =>
    part.startsWith('"') ? part : ' ',
  )
}
