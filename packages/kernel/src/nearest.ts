/**
 * The name that was probably meant: the known one with the fewest edits to the one that was written.
 */

/** `Did you mean "x"?` for the nearest known name, or undefined where none is near. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const name = nearest(written, known)
  return name === undefined ? undefined : `Did you mean "${name}"?`
}

/** At most a third of the letters may differ, and at least two, so that a slip of the finger is always found. */
export function nearest(written: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let bestEdits = Math.max(2, Math.floor(written.length / 3)) + 1
  for (const name of known) {
    const edits = editDistance(written.toLowerCase(), name.toLowerCase())
    if (edits < bestEdits && edits < name.length) [best, bestEdits] = [name, edits]
  }
  return best
}

/** Levenshtein's distance, where two swapped neighbours count once (optimal string alignment). */
export function editDistance(from: string, to: string): number {
  const width = to.length + 1
  const cells = new Uint32Array((from.length + 1) * width)
  const at = (row: number, column: number): number => cells[row * width + column] ?? 0
  for (let row = 0; row <= from.length; row++) {
    for (let column = 0; column < width; column++) {
      cells[row * width + column] = row === 0 || column === 0 ? row + column : cheapest(row, column)
    }
  }
  return at(from.length, to.length)

  function cheapest(row: number, column: number): number {
    const same = from[row - 1] === to[column - 1]
    const edits = Math.min(
      at(row - 1, column) + 1,
      at(row, column - 1) + 1,
      at(row - 1, column - 1) + (same ? 0 : 1),
    )
    const swapped =
      row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
    return swapped ? Math.min(edits, at(row - 2, column - 2) + 1) : edits
  }
}
