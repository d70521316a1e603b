/**
 * Ports and volumes as a task writes them: maps from the host's side to the container's, as engines have it
 * (`8080: 80`, `/srv/data: /data`). It reads; what may be mounted is decided in grants.ts.
 */
import { isJsonObject, type Json } from '@nexus/sdk'
import { readScalar, wrongArgument } from '@nexus/sdk/process'

export interface Port {
  readonly host: number
  readonly container: number
  readonly protocol: 'tcp' | 'udp'
}

export interface Volume {
  /** A folder or file of the host, or the name of a volume of the engine. */
  readonly source: string
  readonly isNamed: boolean
  readonly target: string
  readonly isReadOnly: boolean
}

export function readPorts(value: Json): readonly Port[] {
  if (!isJsonObject(value)) throw wrongArgument('container.ports', 'an object: host port to container port')
  return Object.entries(value).map(([host, target]) => {
    const place = `container.ports.${host}`
    const [port = '', protocol = 'tcp', ...more] = readScalar(target, place).split('/')
    const isKnown = (protocol === 'tcp' || protocol === 'udp') && more.length === 0
    if (!isKnown) throw wrongArgument(place, 'a port such as 80, 80/tcp or 53/udp')
    return { host: readPort(host, place), container: readPort(port, place), protocol }
  })
}

function readPort(text: string, place: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (port > 0 && port < 65_536) return port
  throw wrongArgument(place, 'a port from 1 to 65535, mapped to one: {8080: 80}')
}

export function readVolumes(value: Json): readonly Volume[] {
  if (!isJsonObject(value))
    throw wrongArgument('container.volumes', 'an object: host folder to container folder')
  return Object.entries(value).map(([source, target]) => readVolume(source, target))
}

/** Engines read a mount as comma-separated values, so a comma or a quote would begin something else. */
const unmountable = /[,"\p{Cc}]/u
const volumeName = /^[a-z0-9][\w.-]*$/i

function readVolume(source: string, value: Json): Volume {
  const place = `container.volumes.${source}`
  const isNamed = volumeName.test(source)
  if (!isNamed && !/^\.{0,2}\//.test(source)) {
    throw wrongArgument(place, 'named by a folder (/folder, ./folder) or by the name of a volume')
  }
  const [, target, mode] = /^(\/.*?)(?::(ro|rw))?$/.exec(typeof value === 'string' ? value : '') ?? []
  if (target === undefined) throw wrongArgument(place, 'a folder in the container: /folder or /folder:ro')
  if (unmountable.test(source + target))
    throw wrongArgument(place, 'without commas, quotes and control characters')
  return { source, isNamed, target, isReadOnly: mode === 'ro' }
}
