/**
 * What an engine's refusals mean for a task, in sentences that say what to do. A container is created before it is
 * started, so whatever creating it says is the engine's, and exit codes such as 125, 126 and 127 of its program are not
 * mistaken for it. Pure; it runs nothing.
 */
import { TaskFault, type StandardError } from '@nexus/sdk'
import { lastLines, type ProcessOutcome } from '@nexus/sdk/process'
import { missingCommand } from '../shell.ts'
import type { Container } from './container.ts'

interface Refused {
  readonly program: string
  readonly name: string
  readonly container: Pick<Container, 'image' | 'command' | 'pull'>
}

interface Refusal {
  readonly pattern: RegExp
  readonly kind: StandardError
  say(refused: Refused): string
}

const unreachable: readonly Refusal[] = [
  {
    pattern: /permission denied while trying to connect|got permission denied/i,
    kind: 'configuration',
    say: ({ program }) =>
      `The user that runs Nexus may not use ${program}. Let it into the group of the engine, or run an engine of its own.`,
  },
  {
    pattern:
      /cannot connect to (?:the docker daemon|podman)|unable to connect to podman|error during connect/i,
    kind: 'communication',
    say: ({ program }) =>
      `The daemon of ${program} does not answer. Start it, and look at \`${program} info\`.`,
  },
]

const atCreation: readonly Refusal[] = [
  ...unreachable,
  {
    pattern: /name "?[^"\s]+"? is already in use/i,
    kind: 'configuration',
    say: ({ program, name }) =>
      `There is another container named "${name}". Remove it (\`${program} rm ${name}\`), or give a name that ` +
      'differs from run to run; with `lifetime.cleanup: always` a container leaves its name.',
  },
  {
    pattern: /dial tcp|i\/o timeout|tls handshake|no such host|connection re(?:fused|set)|toomanyrequests/i,
    kind: 'communication',
    say: ({ container }) => `Image "${container.image}" could not be pulled: its registry was not reached.`,
  },
  {
    pattern:
      /no such image|image not known|manifest unknown|manifest for \S+ not found|pull access denied|access to the resource is denied|did not resolve to an alias|name unknown/i,
    kind: 'configuration',
    say: ({ program, container: { image, pull } }) =>
      pull === 'never'
        ? `Image "${image}" is not on this machine, and pullPolicy is never. Pull it: \`${program} pull ${image}\`.`
        : `Image "${image}" was not found. Is its name right, and may ${program} read it (\`${program} login\`)?`,
  },
]

const atStart: readonly Refusal[] = [
  ...unreachable,
  {
    pattern: /port is already allocated|address already in use|ports are not available|failed to bind/i,
    kind: 'configuration',
    say: () => 'A port of `ports` is taken on this machine. Give another one, or end what holds it.',
  },
  {
    pattern:
      /executable file .*not found|command that was not found|exec: .*no such file|exec .*no such file/i,
    kind: 'runtime',
    say: ({ container: { image, command } }) =>
      command === undefined
        ? `Image "${image}" does not have the command that it was started with. Without a \`command\`, ` +
          '`arguments` go to the image’s ENTRYPOINT, or are the command where it has none.'
        : `Image "${image}" has no sh, which runs \`command\`. Take an image that has one, or give \`arguments\` alone.`,
  },
  {
    pattern: /permission denied|operation not permitted/i,
    kind: 'runtime',
    say: ({ container }) => `What image "${container.image}" was started with is not executable.`,
  },
]

/** Why the engine did not create the container. */
export function creationFault(refused: Refused, { end, stderr }: ProcessOutcome): TaskFault {
  const code = end.kind === 'exited' ? end.code : 1
  const unknown = `${refused.program} did not create the container (exit code ${code}).`
  return faultOf(atCreation, refused, { stderr, unknown })
}

/**
 * Why the engine did not start the container; undefined where its program ran. Nothing but the engine's one complaint was
 * written then, after warnings in its log's form.
 */
export function startFault(refused: Refused, { end, stdout, stderr }: ProcessOutcome): TaskFault | undefined {
  const code = end.kind === 'exited' ? end.code : 0
  const isEngineCode = code === 1 || (code >= 125 && code <= 127)
  if (!isEngineCode || stdout !== '' || !engineComplaint.test(stderr)) return undefined
  const unknown = `${refused.program} did not start the container (exit code ${code}).`
  return faultOf(atStart, refused, { stderr, unknown })
}

const engineComplaint =
  /^(?:time="[^\n]*\n)*(?:Error response from daemon: |Cannot connect to the Docker daemon|error during connect|Error: (?:unable to start container|OCI runtime|crun: |runc: |[Cc]annot connect to Podman))/

function faultOf(
  refusals: readonly Refusal[],
  refused: Refused,
  { stderr, unknown }: { stderr: string; unknown: string },
): TaskFault {
  const known = refusals.find(({ pattern }) => pattern.test(stderr))
  return TaskFault.of(known?.kind ?? 'runtime', (known?.say(refused) ?? unknown) + lastLines(stderr))
}

/** The program in the container ran and failed by itself. */
export function exitFault(image: string, { end, stderr }: ProcessOutcome): TaskFault {
  const code = end.kind === 'exited' ? end.code : 1
  return TaskFault.of('runtime', meaning(image, code, stderr) + lastLines(stderr))
}

function meaning(image: string, code: number, stderr: string): string {
  const missing = code === 127 ? missingCommand(stderr) : undefined
  if (missing !== undefined) return `Image "${image}" has no command "${missing}" (exit code 127).`
  const ended = `The program in the container ended with exit code ${code}`
  if (code === 137)
    return `${ended}: it was killed from outside, often because it took more memory than it may.`
  return `${ended}.`
}
