/** Reads the arguments of `run.container`, all expressions evaluated. What it gives is complete; it runs nothing. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { asText, readReturn, wrongArgument, type ReturnMode } from '@nexus/sdk/process'
import { readEnvironment, readTexts } from '../command.ts'
import { readLifetime, type Lifetime } from './lifetime.ts'
import { readPorts, readVolumes, type Port, type Volume } from './mappings.ts'

export interface Container {
  readonly image: string
  readonly name: string | undefined
  readonly command: string | undefined
  readonly arguments: readonly string[]
  readonly stdin: string | undefined
  readonly environment: Readonly<Record<string, string>>
  readonly ports: readonly Port[]
  readonly volumes: readonly Volume[]
  readonly lifetime: Lifetime
  /** When the image is pulled, in the engines' words. */
  readonly pull: 'missing' | 'always' | 'never'
  readonly returns: ReturnMode
}

export function readContainer(input: Json): Container {
  const container = isJsonObject(input) ? input['container'] : undefined
  if (!isJsonObject(input) || !isJsonObject(container)) {
    throw wrongArgument('container', 'an object with an `image`')
  }
  if (input['await'] === false) {
    throw wrongArgument(
      'await',
      'true here: only a `run` task of a workflow lets its process go on by itself',
    )
  }
  const { stdin } = container
  return {
    image: readImage(container['image'] ?? null),
    name: readName(container['name'] ?? null),
    command: readCommand(container['command'] ?? null),
    arguments: readTexts(container['arguments'] ?? [], 'container.arguments'),
    stdin: stdin === undefined || stdin === null ? undefined : asText(stdin),
    environment: readVariables(container),
    ports: readPorts(container['ports'] ?? {}),
    volumes: readVolumes(container['volumes'] ?? {}),
    lifetime: readLifetime(container['lifetime'] ?? { cleanup: 'never' }),
    pull: readPull(container['pullPolicy'] ?? 'ifNotPresent'),
    returns: readReturn(input['return'] ?? 'stdout'),
  }
}

/**
 * `[host[:port]/]name[:tag][@digest]`, and nothing else that an engine takes: an option would begin with a dash, and
 * podman reads images from folders of the host (`oci:/folder`).
 */
const imagePattern =
  /^(?=[a-z0-9])(?:[\w.-]+(?::\d+)?\/)?[\w.-]+(?:\/[\w.-]+)*(?::[\w.-]+)?(?:@\w+:[\da-f]+)?$/i

function readImage(value: Json): string {
  if (typeof value === 'string' && imagePattern.test(value)) return value
  throw wrongArgument(
    'container.image',
    'an image such as alpine, alpine:3.22 or registry.example.com/team/tool:1',
  )
}

const namePattern = /^[a-z0-9][\w.-]{1,254}$/i

function readName(value: Json): string | undefined {
  if (value === null) return undefined
  if (typeof value === 'string' && namePattern.test(value)) return value
  throw wrongArgument(
    'container.name',
    'letters, digits, dots, dashes and underscores, a letter or digit first',
  )
}

function readCommand(value: Json): string | undefined {
  if (value === null) return undefined
  if (typeof value === 'string' && value !== '' && !value.includes('\0')) return value
  throw wrongArgument('container.command', 'a text')
}

const variablePattern = /^[a-z_][\w.-]*$/i

function readVariables(container: JsonObject): Readonly<Record<string, string>> {
  const place = 'container.environment'
  const environment = readEnvironment(container['environment'] ?? {}, place)
  const wrong = Object.keys(environment).find((name) => !variablePattern.test(name))
  if (wrong === undefined) return environment
  throw wrongArgument(`${place}: the name ${JSON.stringify(wrong)}`, 'letters, digits and underscores')
}

const pulls = { ifNotPresent: 'missing', always: 'always', never: 'never' } as const

function readPull(value: Json): Container['pull'] {
  if (value === 'ifNotPresent' || value === 'always' || value === 'never') return pulls[value]
  throw wrongArgument('container.pullPolicy', 'ifNotPresent, always or never')
}
