/**
 * Reads YAML that anybody may have written. The library's reader is slow, slower than linear where somebody wants it to
 * be, and it holds up the whole process: what is long, deep or strange is refused while its tokens are read.
 */
import { Composer, Lexer, Parser, type CST } from 'yaml'

/** Characters; it takes about a second to read as many. */
const lengthMax = 1_500_000
const tokensMax = 400_000
const depthMax = 200
/** Anchors, aliases and tags. */
const propertiesMax = 1_000

/** The value of the text. Throws where that is no YAML, or more than these limits. Of equal keys the last one counts. */
export function readYaml(text: string): unknown {
  if (text.length > lengthMax) throw tooMuch(`${lengthMax / 1_000_000} MB`)
  const composer = new Composer({ logLevel: 'error', uniqueKeys: false })
  const [document, second] = composer.compose(tokensOf(text), true, text.length)
  const [error] = document?.errors ?? []
  if (error) throw error
  if (second) throw new Error('there is more than one document in it')
  return document?.toJS()
}

function* tokensOf(text: string): Generator<CST.Token> {
  const parser = new Parser()
  let tokens = 0
  let properties = 0
  let isScalar = false
  for (const token of new Lexer().lex(text)) {
    // A plain text, which may begin with any character, is announced by a token of its own.
    if (!isScalar && /^[&*!]/.test(token)) properties++
    isScalar = token === '\x1f'
    yield* parser.next(token)
    if (++tokens > tokensMax) throw tooMuch(`${tokensMax} tokens`)
    if (properties > propertiesMax) throw tooMuch(`${propertiesMax} anchors, aliases and tags`)
    if (parser.stack.length > depthMax) throw tooMuch(`${depthMax} levels`)
  }
  yield* parser.end()
}

function tooMuch(limit: string): Error {
  return new Error(`more than ${limit}, which only JSON may have`)
}
