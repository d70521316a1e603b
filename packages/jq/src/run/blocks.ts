/** The code of an argument that is passed to a recursive function, built when it is first called. */
import type { Op } from '../compile/ops.ts'
import { type Builder, type Mode, RETURN } from './builder.ts'
import type { Code } from './machine.ts'

export class Block {
  readonly #builder: Builder
  readonly #op: Op
  readonly #codes: Partial<Record<Mode, Code>> = {}

  constructor(builder: Builder, op: Op) {
    this.#builder = builder
    this.#op = op
  }

  code(mode: Mode): Code {
    return (this.#codes[mode] ??= this.#builder.code(this.#op, RETURN, mode))
  }
}
