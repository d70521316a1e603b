/**
 * The OpenAPI document as a page for people: one self-contained page without any script, image or foreign address.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { createHash } from 'node:crypto'

export interface DocsPage {
  readonly html: string
  /** Its content security policy: nothing but its own style. */
  readonly policy: string
}

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; text-transform: capitalize; }
details { border: 1px solid #8884; border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
summary b { display: inline-block; min-width: 4.5rem; }
code, pre { font: .875rem/1.45 ui-monospace, monospace; }
pre { background: #8881; border-radius: 6px; overflow: auto; padding: .8rem; }
table { border-collapse: collapse; } td, th { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
a { color: inherit; }
`

export function docsPage(document: JsonObject): DocsPage {
  const hash = createHash('sha256').update(style).digest('base64')
  const paths = memberOf(document, 'paths')
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(objectOf(methods)).map(([method, each]) => ({ path, method, each: objectOf(each) })),
  )
  const byTag = Object.groupBy(operations, ({ each }) => textOf(tagsOf(each)))
  const groups = Object.entries(byTag).map(
    ([tag, members = []]) => `<h2>${escape(tag)}</h2>${members.map(operationHtml).join('')}`,
  )
  const schemas = Object.entries(memberOf(memberOf(document, 'components'), 'schemas')).map(schemaHtml)
  const { title, version } = memberOf(document, 'info')
  const head = `<h1>${escape(textOf(title))} ${escape(textOf(version))}</h1><p>For programs: <a href="/openapi.json">openapi.json</a></p>`
  return {
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Nexus API</title><meta name="viewport" content="width=device-width"><style>${style}</style></head><body>${head}${groups.join('')}<h2>Schemas</h2>${schemas.join('')}</body></html>`,
    policy: `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; frame-ancestors 'none'`,
  }
}

function operationHtml({ path, method, each }: { path: string; method: string; each: JsonObject }): string {
  const head = `<b>${escape(method.toUpperCase())}</b><code>${escape(path)}</code> ${escape(textOf(each['summary']))}`
  const about = each['description'] === undefined ? '' : `<p>${escape(textOf(each['description']))}</p>`
  const body = each['requestBody'] === undefined ? '' : `<h4>Body</h4>${schemasIn(each['requestBody'])}`
  const answers = Object.entries(memberOf(each, 'responses')).map(([status, answer]) => [
    status,
    `${escape(textOf(objectOf(answer)['description']))} ${schemasIn(answer)}`,
  ])
  return `<details><summary>${head}</summary>${about}${parametersHtml(each['parameters'])}${body}<h4>Answers</h4>${table(answers)}</details>`
}

function parametersHtml(parameters: Json | undefined): string {
  if (!Array.isArray(parameters) || parameters.length === 0) return ''
  const rows = (parameters as readonly Json[])
    .map(objectOf)
    .map((each) => [
      `<code>${escape(textOf(each['name']))}</code>`,
      `${escape(textOf(each['in']))}${each['required'] === true ? ', required' : ''}`,
      escape(textOf(each['description'])),
    ])
  return `<h4>Parameters</h4>${table(rows)}`
}

function table(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
  return `<table>${lines.join('')}</table>`
}

/** A link to each schema of a content. */
function schemasIn(holder: Json): string {
  const contents = Object.entries(memberOf(objectOf(holder), 'content'))
  return contents
    .map(
      ([media, content]) =>
        `${linkTo(memberOf(objectOf(content), 'schema'))} <small>${escape(media)}</small>`,
    )
    .join(' ')
}

function linkTo(schema: JsonObject): string {
  const name = textOf(schema['$ref']).split('/').at(-1) ?? ''
  return name === '' ? '' : `<a href="#${escape(name)}">${escape(name)}</a>`
}

function schemaHtml([name, schema]: [string, Json]): string {
  const json = escape(JSON.stringify(schema, null, 2))
  return `<details id="${escape(name)}"><summary><code>${escape(name)}</code> ${escape(textOf(objectOf(schema)['description']))}</summary><pre>${json}</pre></details>`
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {}
}

function memberOf(value: JsonObject, key: string): JsonObject {
  return objectOf(value[key])
}

function tagsOf(each: JsonObject): Json | undefined {
  const tags = each['tags']
  return Array.isArray(tags) ? (tags as readonly Json[])[0] : undefined
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
