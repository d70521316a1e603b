/** Where a database server is and who asks it, from a URL or from members of its own. Pure but for the secret it gets. */
import { TaskFault, type Json, type JsonObject, type Secrets } from '@nexus/sdk'

export interface ServerTarget {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string
  readonly ssl: Ssl
}

/** `verified` is TLS with a certificate that is checked, `encrypted` TLS with any. */
export type Ssl =
  | { readonly mode: 'off' }
  | { readonly mode: 'encrypted' }
  | { readonly mode: 'verified'; readonly ca?: string }

const usual = {
  postgres: { port: 5432, schemes: ['postgres:', 'postgresql:'], user: 'postgres' },
  mysql: { port: 3306, schemes: ['mysql:', 'mariadb:'], user: 'root' },
} as const

export async function readServer(
  driver: 'postgres' | 'mysql',
  config: JsonObject,
  { place, secrets }: { place: string; secrets: Secrets | undefined },
): Promise<ServerTarget> {
  const bad = (member: string, expected: string): TaskFault =>
    TaskFault.of(
      secrets === undefined ? 'validation' : 'configuration',
      `${place}.${member} must be ${expected}.`,
    )
  const url = readUrl(driver, config['url'], bad)
  const text = (member: string, fallback: string): string => {
    const value = config[member] ?? fallback
    if (typeof value !== 'string') throw bad(member, 'a text')
    return value
  }
  const host = text('host', url?.hostname.replace(/^\[|\]$/g, '') ?? '')
  if (host === '') throw bad('url', 'given, or host')
  if (host.startsWith('/') && secrets === undefined)
    throw bad('host', 'a name or an address, no socket of this machine')
  const port = Number(config['port'] ?? (url?.port || usual[driver].port))
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw bad('port', 'a port from 1 to 65535')
  const user = text('user', decoded(url?.username) || usual[driver].user)
  return {
    host,
    port,
    user,
    database: text('database', decoded(url?.pathname.slice(1)) || (driver === 'postgres' ? user : '')),
    password: await readPassword(config, decoded(url?.password), { secrets, bad }),
    ssl: readSsl(config['ssl'] ?? sslOf(url, bad), bad),
  }
}

type Bad = (member: string, expected: string) => TaskFault

function readUrl(driver: 'postgres' | 'mysql', value: Json | undefined, bad: Bad): URL | undefined {
  if (value === undefined) return undefined
  const url = typeof value === 'string' ? URL.parse(value) : null
  const { schemes } = usual[driver]
  if (url !== null && schemes.some((scheme) => scheme === url.protocol)) return url
  throw bad('url', `a URL that begins with ${schemes[0]}//`)
}

function decoded(text = ''): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

async function readPassword(
  config: JsonObject,
  ofUrl: string,
  { secrets, bad }: { secrets: Secrets | undefined; bad: Bad },
): Promise<string> {
  const { password, password_secret: name } = config
  if (name !== undefined) {
    if (secrets === undefined)
      throw bad('password', 'used in a task, with `$secrets`; password_secret is for the configuration')
    if (typeof name !== 'string') throw bad('password_secret', 'the name of a secret')
    return secrets.get(name)
  }
  if (password !== undefined && typeof password !== 'string') throw bad('password', 'a text')
  return password ?? ofUrl
}

/** Of the parameters of a URL, those about TLS; one that is not honoured is an error. */
function sslOf(url: URL | undefined, bad: Bad): Json {
  for (const [name, value] of url?.searchParams ?? []) {
    if (name === 'sslmode' && value === 'disable') return false
    if (name === 'sslmode' && value === 'require') return 'encrypted'
    if (name === 'sslmode' && (value === 'verify-full' || value === 'verify-ca')) return true
    if (name === 'ssl' && (value === 'true' || value === 'false')) return value === 'true'
    throw bad('url', `without the parameter ${name}, which is not honoured here as it is given`)
  }
  return false
}

function readSsl(value: Json, bad: Bad): Ssl {
  if (value === false) return { mode: 'off' }
  if (value === 'encrypted') return { mode: 'encrypted' }
  if (value === true) return { mode: 'verified' }
  const ca = typeof value === 'object' && value !== null && 'ca' in value ? value.ca : undefined
  if (typeof ca === 'string') return { mode: 'verified', ca }
  throw bad('ssl', 'true, false, encrypted (any certificate), or {ca: a certificate in PEM}')
}
