/** The hosts that scripts ask for and operators allow, as both write them. It looks up no name. */
import { isIP } from 'node:net'

/** `host`, `host:port`, `*.host` or `*`. Whether a private address may be reached at all is the policy's to say. */
export type HostPattern = string

/** Whether a pattern covers another, or a `host:port`. */
export function covers(pattern: HostPattern, asked: HostPattern): boolean {
  const [allowed, wanted] = [parts(pattern), parts(asked)]
  if (allowed.port !== '' && allowed.port !== wanted.port) return false
  if (allowed.name === '*' || allowed.name === wanted.name) return true
  return allowed.name.startsWith('*.') && wanted.name.endsWith(allowed.name.slice(1))
}

function parts(pattern: HostPattern): { name: string; port: string } {
  const [, name = pattern, port = ''] = /^(.*?):(\d+)$/.exec(pattern) ?? []
  const isBareSixth = isIP(pattern) === 6
  const plainName = (isBareSixth ? pattern : name).toLowerCase().replace(/^\[|\]$/g, '')
  return { name: plainName.replace(/\.$/, ''), port: isBareSixth ? '' : port }
}
