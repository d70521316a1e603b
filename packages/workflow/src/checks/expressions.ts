/**
 * Every expression of a document is compiled, so that a mistake in one shows at its place in the file before anything
 * runs. Texts that only look like expressions get a warning that says how to write what was meant.
 */
import { JqSyntaxError } from '@nexus/jq'
import { compileExpression, expressionOffset, expressionSource, standardVariables } from '../expressions.ts'
import { nearest } from '@nexus/sdk'
import type { TextSite, Variables } from '../shape/findings.ts'
import type { Report } from '../source/report.ts'

/** Where a place inside the text at a pointer stands in the file. */
export type LocateInside = (pointer: string, offset: number) => number

export interface ExpressionRules {
  readonly report: Report
  readonly locateInside: LocateInside
  /** In loose mode any text may be an expression: nothing is said about those that are not. */
  readonly loose: boolean
}

export function checkExpressions(sites: readonly TextSite[], rules: ExpressionRules): void {
  const scopes = new Map<Variables, readonly string[]>()
  for (const site of sites) {
    const source = sourceOf(site)
    if (source === undefined) {
      if (!rules.loose) warnEmbedded(site, rules.report)
      continue
    }
    let names = scopes.get(site.variables)
    if (!names) scopes.set(site.variables, (names = scopeOf(site.variables)))
    checkExpression(site, source, names, rules)
  }
}

function scopeOf({ names }: Variables): readonly string[] {
  return names.length === 0 ? standardVariables : [...new Set([...standardVariables, ...names])]
}

function sourceOf({ text, reading }: TextSite): string | undefined {
  if (reading === 'plain' || reading === 'code') return undefined
  return expressionSource(text) ?? (reading === 'expression' ? text : undefined)
}

function checkExpression(
  site: TextSite,
  source: string,
  names: readonly string[],
  rules: ExpressionRules,
): void {
  try {
    compileExpression(source, names)
  } catch (error) {
    reportExpression(site, source, names, rules, error)
  }
}

function reportExpression(
  site: TextSite,
  source: string,
  names: readonly string[],
  { report, locateInside }: ExpressionRules,
  error: unknown,
): void {
  if (!(error instanceof JqSyntaxError)) {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `The expression cannot be compiled: ${sentence(reason)}`
    return report.on(site.pointer, 'value', { code: 'expression_syntax', message })
  }
  const start = locateInside(site.pointer, expressionOffset(site.text) + error.offset)
  const unknown = unknownVariable(source, error.offset, names)
  const finding = unknown ?? {
    code: 'expression_syntax',
    message: `The expression is not jq: ${sentence(error.reason)}`,
    hint: bareWordHint(error.reason),
  }
  report.at(start, start + (unknown?.length ?? 1), finding, site.pointer)
}

/** A word alone is a function in jq; most often a member or a text was meant. */
function bareWordHint(reason: string): string | undefined {
  const word = /^(\w+)\/0 is not defined/.exec(reason)?.[1]
  return word === undefined
    ? undefined
    : `A member is read by \`.${word}\`; a text stands in quotes: \`"${word}"\`.`
}

function sentence(reason: string): string {
  return /[.!?]$/.test(reason) ? reason : `${reason}.`
}

/** An error at a variable that is not in scope is told with the nearest that is. */
function unknownVariable(source: string, offset: number, names: readonly string[]) {
  const name = /^\$([A-Za-z_]\w*)/.exec(source.slice(offset))?.[1]
  if (name === undefined || names.includes(name)) return undefined
  const near = nearest(name, names)
  return {
    code: 'unknown_variable',
    message: `There is no variable \`$${name}\` here.`,
    hint:
      near === undefined
        ? `There are ${names.map((known) => `\`$${known}\``).join(', ')}.`
        : `Did you mean \`$${near}\`?`,
    length: name.length + 1,
  }
}

const looksLikeJq = /\$\{\s*\./
/** Longer texts are not repeated in a hint. */
const exampleMax = 80

/** `Hello ${ .name }` is a text, not an expression. In code and commands `${NAME}` is usual and left alone. */
function warnEmbedded({ text, reading, pointer }: TextSite, report: Report): void {
  if (reading === 'plain' || !text.includes('${')) return
  if ((reading === 'code' || reading === 'shell') && !looksLikeJq.test(text)) return
  report.on(pointer, 'value', {
    severity: 'warning',
    code: 'embedded_expression',
    message: 'This text holds `${ … }` but is not wholly an expression: it is taken as it is.',
    hint:
      reading === 'code'
        ? 'Hand the value in by `arguments`, `stdin` or `environment`.'
        : `Write \`\${ "${interpolated(text)}" }\`.`,
  })
}

function interpolated(text: string): string {
  const start = text.indexOf('${')
  const end = text.indexOf('}', start)
  const inside = end === -1 ? '' : text.slice(start + 2, Math.min(end, start + exampleMax)).trim()
  if (inside === '') return 'text \\(.x)'
  if (text.length > exampleMax || text.includes('"')) return `text \\(${inside})`
  return `${text.slice(0, start)}\\(${inside})${text.slice(end + 1)}`.trim()
}
