/**
 * What is answered when something is wrong: problem details (RFC 9457) with the types of the Open Workflow
 * Specification. `code` is stable and finer than the type; the same one stands in the error that the client throws.
 */
import { Type, type Static } from 'typebox'
import { choice, list, named, optional, text, whole } from './words.ts'

export const problemMediaType = 'application/problem+json'

const Position = Type.Object({ line: whole('From 1.'), column: whole('From 1.') })

export const DocumentProblem = named(
  'DocumentProblem',
  'What is wrong with a workflow document, and where.',
  {
    severity: choice(['error', 'warning'], 'A warning alone does not keep it from running.'),
    code: text('Which kind of problem it is.'),
    message: text('What is wrong.'),
    hint: optional(text('What to do about it.')),
    pointer: text('The JSON pointer of the value in the document.'),
    start: Position,
    end: Position,
  },
)
export type DocumentProblem = Static<typeof DocumentProblem>

export const Problem = named('Problem', 'What went wrong with a request.', {
  type: text('The kind of error, as the specification names it.', { format: 'uri' }),
  status: whole('The status of the answer.'),
  title: text('The kind of error in words.'),
  detail: text('What happened, which thing it is about, and what to do next.'),
  instance: text('The path that was asked for.'),
  code: text('A stable name of what went wrong.'),
  problems: optional(list(DocumentProblem, 'What is wrong with the document.')),
})
export type Problem = Static<typeof Problem>
