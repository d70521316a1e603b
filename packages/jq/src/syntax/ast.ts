/**
 * The syntax tree of a jq program, as the parser leaves it: names are not yet resolved.
 *
 * Nodes that can be wrong later (names, keys, module paths) carry the span that an error would point at.
 */
import type { Value } from '../values/value.ts'

export interface Span {
  start: number
  end: number
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%'
export type ComparisonOperator = '==' | '!=' | '<' | '<=' | '>' | '>='
export type AssignmentOperator = '=' | '|=' | '//=' | `${ArithmeticOperator}=`

export type Node = { span: Span } & (
  | { kind: 'identity' }
  | { kind: 'literal'; value: Value }
  | { kind: 'text'; format: string; parts: (string | Node)[] }
  | { kind: 'format'; name: string }
  | { kind: 'index'; target: Node; key: Node; optional: boolean }
  | { kind: 'slice'; target: Node; from: Node | undefined; to: Node | undefined; optional: boolean }
  | { kind: 'iterate'; target: Node; optional: boolean }
  | { kind: 'negate'; operand: Node }
  | { kind: 'pipe' | 'comma' | 'and' | 'or' | 'alternative'; left: Node; right: Node }
  | { kind: 'binary'; operator: ArithmeticOperator | ComparisonOperator; left: Node; right: Node }
  | { kind: 'assign'; operator: AssignmentOperator; left: Node; right: Node }
  | { kind: 'try'; body: Node; handler: Node | undefined }
  | { kind: 'if'; condition: Node; then: Node; otherwise: Node | undefined }
  | { kind: 'bind'; source: Node; patterns: Pattern[]; body: Node }
  | { kind: 'reduce'; source: Node; patterns: Pattern[]; init: Node; update: Node }
  | {
      kind: 'foreach'
      source: Node
      patterns: Pattern[]
      init: Node
      update: Node
      extract: Node | undefined
    }
  | { kind: 'label'; name: string; body: Node }
  | { kind: 'break'; name: string }
  | { kind: 'array'; body: Node | undefined }
  | { kind: 'object'; entries: { key: Node; value: Node }[] }
  | { kind: 'define'; definition: Definition; body: Node }
  | { kind: 'call'; name: string; args: Node[] }
  | { kind: 'variable'; name: string }
)

export type Pattern =
  | { kind: 'variable'; name: string }
  | { kind: 'array'; elements: Pattern[] }
  | { kind: 'object'; entries: { bind: string | undefined; key: Node; pattern: Pattern | undefined }[] }

export interface Parameter {
  name: string
  isValue: boolean
}

export interface Definition {
  name: string
  parameters: Parameter[]
  body: Node
  span: Span
}

export interface Import {
  path: string
  /** The name that calls or `$name::name` use; undefined for `include`. */
  alias: string | undefined
  isData: boolean
  metadata: Node | undefined
  span: Span
}

export interface Module {
  metadata: Node | undefined
  imports: Import[]
  definitions: Definition[]
  /** Undefined when the text holds only definitions. */
  body: Node | undefined
}
