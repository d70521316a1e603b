/**
 * What Node says of a right that its process lacks, as the module's author has to read it: the key of the manifest in the
 * place of Node's own option. It grants nothing.
 */

/** What an error says, where it is such a denial; else its own message. */
export function sayOf(error: Error): string {
  return denial(error) ?? error.message
}

function denial(error: Error): string | undefined {
  if (!('code' in error) || error.code !== 'ERR_ACCESS_DENIED') return undefined
  const host = textAt(error, 'hostname') ?? addressOf(error)
  if (host !== undefined) return listed(`it may not reach ${host}`, 'network')
  const resource = textAt(error, 'resource')
  switch (textAt(error, 'permission')) {
    case 'FileSystemRead':
      return listed(`it may not read ${resource ?? 'that file'}`, 'read')
    case 'FileSystemWrite':
      return listed(`it may not write ${resource ?? 'that file'}`, 'write')
    case 'Net':
      return listed('it may not use the network', 'network')
    case 'ChildProcess':
      return listed(`it may not start ${resource ?? 'programs'}`, 'run')
    case 'WorkerThreads':
      return 'it may not start workers: no module in a process of its own may.'
    default:
      return undefined
  }
}

function listed(what: string, key: string): string {
  return `${what}, which its manifest does not list: permissions.${key}.`
}

function addressOf(error: Error): string | undefined {
  const address = textAt(error, 'address')
  if (address === undefined) return undefined
  return 'port' in error && typeof error.port === 'number' ? `${address}:${error.port}` : address
}

function textAt(error: Error, key: string): string | undefined {
  const value: unknown = Reflect.get(error, key)
  return typeof value === 'string' && value !== '' ? value : undefined
}
