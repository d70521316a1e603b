/**
 * From text to a tree of YAML nodes, under limits: size, depth and number of tokens are bounded before anything
 * is composed, so that a hostile text costs a bounded amount of time and memory. JSON is read the same way.
 */
import { Composer, Lexer, Parser, type CST, type Document } from 'yaml'
import type { Report } from './report.ts'

/** In UTF-16 units. */
export const documentSizeMax = 8 * 1024 * 1024
export const documentDepthMax = 200
/** Lexical tokens; a task of ten lines has about sixty. */
export const documentTokensMax = 500_000
/** One mistake makes the reader stumble several times after it. */
const syntaxProblemsMax = 3

/** The only document of the text, or undefined with problems reported. */
export function readYaml(text: string, report: Report): Document.Parsed | undefined {
  if (!isReadable(text, report)) return undefined
  warnOfLostCharacters(text, report)
  const tokens = tokensOf(text, report)
  if (!tokens) return undefined
  const composer = new Composer({
    version: '1.2',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
    stringKeys: false,
  })
  const documents = [...composer.compose(tokens, true, text.length)] as Document.Parsed[]
  const [document, second] = documents
  if (!document) return reportEmpty(report)
  const errors = document.errors.length > 0 && isJson(text) ? [] : document.errors
  for (const error of errors.slice(0, syntaxProblemsMax)) {
    report.at(error.pos[0], Math.max(error.pos[1], error.pos[0] + 1), {
      code: 'yaml_syntax',
      message: sentence(error.message),
      hint: syntaxHints[error.code],
    })
  }
  if (second) {
    report.at(second.range[0], second.range[0] + 1, {
      code: 'several_documents',
      message: 'The file holds more than one document.',
      hint: 'Put each workflow into a file of its own; `---` begins another document.',
    })
  }
  if (document.contents === null && !report.hasErrors) reportEmpty(report)
  return report.hasErrors ? undefined : document
}

function reportEmpty(report: Report): undefined {
  report.at(0, 1, {
    code: 'document_empty',
    message: 'The document is empty.',
    hint: 'A workflow has at least `document` and `do`.',
  })
}

function isReadable(text: string, report: Report): boolean {
  const problem = unreadable(text)
  if (problem) report.at(problem.offset, problem.offset + 1, problem)
  return problem === undefined
}

function unreadable(text: string) {
  if (text.length > documentSizeMax) {
    return {
      offset: 0,
      code: 'document_too_large',
      message: `The document has ${text.length} characters; at most ${documentSizeMax} are read.`,
      hint: 'Keep data in files or resources that the workflow reads.',
    }
  }
  const nul = text.indexOf('\0')
  if (nul === -1) return undefined
  return {
    offset: nul,
    code: 'not_text',
    message: 'This is not a text file: it holds a NUL character.',
    hint: 'Save it as UTF-8.',
  }
}

/** Whoever reads a file that is not UTF-8 as UTF-8 gets U+FFFD in place of what was there. */
function warnOfLostCharacters(text: string, report: Report): void {
  const at = text.indexOf('\uFFFD')
  if (at === -1) return
  report.at(at, at + 1, {
    severity: 'warning',
    code: 'not_utf8',
    message: 'A character is lost here: the file does not seem to be UTF-8.',
    hint: 'Save it as UTF-8.',
  })
}

/** The concrete syntax, or undefined where a limit was passed. */
function tokensOf(text: string, report: Report): CST.Token[] | undefined {
  const parser = new Parser()
  const tokens: CST.Token[] = []
  let count = 0
  let offset = 0
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token)
    offset += lexeme.length
    count++
    const message = passedLimit(count, parser.stack.length)
    if (message === undefined) continue
    report.at(Math.min(offset, text.length), offset + 1, { code: 'document_too_large', message })
    return undefined
  }
  for (const token of parser.end()) tokens.push(token)
  return tokens
}

function passedLimit(tokens: number, depth: number): string | undefined {
  if (depth > documentDepthMax) return `The document is nested deeper than ${documentDepthMax} levels here.`
  if (tokens > documentTokensMax) return `The document has more than ${documentTokensMax} parts.`
  return undefined
}

/** Some JSON is not YAML (keys above 1,024 characters): what JSON reads without error has none. */
function isJson(text: string): boolean {
  if (!/^\s*[{[]/.test(text)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`
}

const quote = 'A text that holds `: ` or ` #`, or begins with one of {}[]&*!|>%@`, must stand in quotes.'

const syntaxHints: Readonly<Record<string, string | undefined>> = {
  TAB_AS_INDENT: 'Indent with spaces.',
  BAD_INDENT: 'Keys of one object must begin in the same column.',
  BLOCK_AS_IMPLICIT_KEY: quote,
  BAD_SCALAR_START: quote,
  MULTILINE_IMPLICIT_KEY: 'Is there a colon missing behind a key?',
  MISSING_CHAR: 'Is there a colon, a quote or a closing bracket missing?',
  UNEXPECTED_TOKEN: quote,
}
