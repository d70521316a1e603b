/** What comes of a case of a corpus. */
export type Verdict =
  | { readonly kind: 'agrees'; readonly name: string }
  | { readonly kind: 'differs'; readonly name: string; readonly why: string }
  | { readonly kind: 'left_out'; readonly name: string; readonly why: string }

/** The same versions, or what differs: `a 1.0.0 for 2.0.0`. */
export function compareVersions(
  name: string,
  found: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
  isSame = (left: string, right: string): boolean => left === right,
): Verdict {
  const ids = [...new Set([...found.keys(), ...expected.keys()])].sort()
  const differing = ids.filter((id) => !isSame(found.get(id) ?? '', expected.get(id) ?? ''))
  if (differing.length === 0) return { kind: 'agrees', name }
  const told = differing.map((id) => `${id} ${found.get(id) ?? 'absent'} for ${expected.get(id) ?? 'absent'}`)
  return { kind: 'differs', name, why: told.join(', ') }
}
