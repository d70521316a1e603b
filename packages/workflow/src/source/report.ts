/**
 * Collects problems with their positions. Checks say what is wrong at which pointer; where that is in the file is
 * known here. Bounded: after `problemsMax` errors `TooManyProblems` ends the check, so that a document that is wrong
 * everywhere costs no more than one that is wrong often. Warnings above the maximum are dropped.
 */
import type { Position, Problem } from '../positions.ts'
import type { Lines } from './lines.ts'

export interface Finding {
  readonly severity?: 'error' | 'warning'
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
}

/** Where something stands in the text, by its pointer: offsets, the end exclusive. */
export type Locate = (pointer: string, part: 'key' | 'value') => readonly [number, number]

export const problemsMax = 200

/** Ends a check that has found enough. */
export class TooManyProblems extends Error {
  override readonly name = 'TooManyProblems'
}

export class Report {
  readonly #problems: Problem[] = []
  readonly #lines: Lines
  #locate: Locate = () => [0, 1]
  #errors = 0

  constructor(lines: Lines) {
    this.#lines = lines
  }

  /** Gives the way from pointers to offsets, once the text is read. */
  locateWith(locate: Locate): void {
    this.#locate = locate
  }

  get hasErrors(): boolean {
    return this.#errors > 0
  }

  /** The problems in the order of the file. */
  get problems(): readonly Problem[] {
    return this.#problems.toSorted((a, b) => a.start.offset - b.start.offset)
  }

  /** A problem with the value at `pointer`, or with its key. */
  on(pointer: string, part: 'key' | 'value', finding: Finding): void {
    if (finding.severity === 'warning' && this.#problems.length >= problemsMax) return
    const [start, end] = this.#locate(pointer, part)
    this.at(start, end, finding, pointer)
  }

  at(start: number, end: number, finding: Finding, pointer = ''): void {
    const { severity = 'error', code, message, hint } = finding
    if (severity === 'error' && this.#errors++ >= problemsMax) throw new TooManyProblems()
    if (severity === 'warning' && this.#problems.length >= problemsMax) return
    this.#problems.push({
      severity,
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      pointer,
      start: this.#lines.positionAt(start),
      end: this.#lines.positionAt(Math.max(end, start + 1)),
    })
  }

  span(pointer: string, part: 'key' | 'value' = 'value'): { start: Position; end: Position } {
    const [start, end] = this.#locate(pointer, part)
    return { start: this.#lines.positionAt(start), end: this.#lines.positionAt(end) }
  }
}
