/**
 * The environment of the engine's own program on the host, and how a container's variables pass through it. Their
 * values never stand among arguments, which every user of the machine can read.
 */
import { wrongArgument } from '@nexus/sdk/process'

/** Variables that the engine's program, its helpers for credentials or the system's loader read themselves. */
const steering = new RegExp(
  `^(?:${[
    'PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TZ|TMPDIR|TMP|TEMP|XDG_.*|DBUS_.*|SSH_.*|GPG_.*|GNUPGHOME|KUBECONFIG',
    'LD_.*|DYLD_.*|GLIBC_.*|MALLOC_.*|GCONV_PATH|LOCPATH|GO[A-Z]+|SSL_CERT_.*|.*_PROXY|OTEL_.*|XTABLES_.*',
    'DOCKER_.*|BUILDKIT_.*|BUILDX_.*|_?CONTAINERS?_.*|PODMAN_.*|BUILDAH_.*|REGISTRY_.*|STORAGE_.*|NETAVARK_.*',
    'NOTIFY_SOCKET|LISTEN_.*|SYSTEMD_.*|_.*|AWS_.*|AZURE_.*|GOOGLE_APPLICATION_CREDENTIALS|CLOUDSDK_.*',
    'SYSTEMROOT|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|PROGRAMFILES|COMSPEC|PATHEXT',
  ].join('|')})$`,
  'i',
)

/** What the engine's program gets of the host's environment: what steers it, and nothing else. */
export function engineEnvironment(host: NodeJS.ProcessEnv): Record<string, string> {
  const entries = Object.entries(host).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && steering.test(entry[0]),
  )
  return Object.fromEntries(entries)
}

export interface Handover {
  readonly arguments: readonly string[]
  /** Variables of the engine's program, which `--env NAME` takes over. */
  readonly environment: Readonly<Record<string, string>>
  /** Standard input of the engine's program, which `--env-file` reads. */
  readonly stdin?: string
}

/**
 * `--env NAME`, with the value in the environment of the engine's program. A variable that would steer that program
 * (a PATH or a proxy that is meant for the container) goes through its standard input instead, one to a line.
 */
export function handOver(variables: Readonly<Record<string, string>>): Handover {
  const all = Object.entries(variables)
  const plain = all.filter(([name]) => !steering.test(name))
  const lines = all
    .filter(([name]) => steering.test(name))
    .map(([name, value]) => `${name}=${oneLine(name, value)}\n`)
  return {
    arguments: [
      ...plain.flatMap(([name]) => ['--env', name]),
      ...(lines.length > 0 ? ['--env-file', '/dev/stdin'] : []),
    ],
    environment: Object.fromEntries(plain),
    ...(lines.length > 0 && { stdin: lines.join('') }),
  }
}

/** Engines read a file of variables in lines of at most 64 KB. */
const lineCharactersMax = 16_000

function oneLine(name: string, value: string): string {
  if (!/[\r\n]/.test(value) && value.length <= lineCharactersMax) return value
  const expected = `one line of at most ${lineCharactersMax} characters: a variable of that name also steers the engine`
  throw wrongArgument(`container.environment.${name}`, expected)
}
