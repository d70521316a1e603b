/** Reads what a `www-authenticate` header asks for (RFC 9110, 11.6.1), however many challenges stand in it. Pure. */

export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** By their names in lower case, unquoted; one character is one byte. */
  readonly parameters: ReadonlyMap<string, string>
}

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const parameter = new RegExp(`[\\s,]*(${token})[ \\t]*=[ \\t]*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))`, 'y')
const scheme = new RegExp(`[\\s,]*(${token})(?=[\\s,]|$)`, 'y')
/** What Negotiate and its like have instead of parameters. */
const token68 = /[\s,]*[0-9A-Za-z._~+/-]+=*(?=[\s,]|$)/y

/** What cannot be read ends the list. */
export function readChallenges(header: string): readonly Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = []
  let at = 0
  const next = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(header)
    if (match) at = pattern.lastIndex
    return match
  }
  for (;;) {
    const current = challenges.at(-1)
    const named = current && next(parameter)
    if (named) {
      const [, name = '', quoted, plain = ''] = named
      const key = name.toLowerCase()
      if (!current.parameters.has(key))
        current.parameters.set(key, quoted?.replaceAll(/\\(.)/g, '$1') ?? plain)
      continue
    }
    const begun = next(scheme)
    if (begun) challenges.push({ scheme: (begun[1] ?? '').toLowerCase(), parameters: new Map() })
    else if (!current || !next(token68)) return challenges
  }
}
