/**
 * `run.command`: a program and its arguments, without a shell in between. Nothing in an argument is ever read as code;
 * which programs may be run is for the policy to say, which host's variables and which folders for the configuration.
 */
import { TaskFault, type Json, type ModuleContext } from '@nexus/sdk'
import { wrongArgument, type ProcessOptions, type ProcessRunner } from '@nexus/sdk/process'
import { readLimits, type Limits } from '../limits.ts'
import { OutputKeeper } from '../overflow.ts'
import { fileOf, findProgram } from './find.ts'
import { workingFolder } from './folder.ts'
import { readRequest, type ProgramRequest } from './request.ts'
import { resultOf } from './result.ts'

const pathDefault = '/usr/local/bin:/usr/bin:/bin'

export async function runProgram(
  runner: ProcessRunner,
  context: ModuleContext,
  host: NodeJS.ProcessEnv = process.env,
): Promise<Json> {
  const request = readRequest(context.inputData)
  const limits = readLimits(context.config, host)
  const { programs } = context.policy
  const folder = await workingFolder(request.folder, { base: limits.folder, allowed: limits.foldersAllowed })
  const environment = environmentOf(request, limits, context)
  const operatorPath = host['PATH'] ?? pathDefault
  const path = environment['PATH'] ?? pathDefault
  const program = await findProgram(request.program, { folder, path, operatorPath, programs })
  const keeper = new OutputKeeper(request.overflow ?? limits.overflow, context.blobs, limits.blobBytesMax)
  const { stdin } = request
  const outcome = await started(runner, {
    program: fileOf(program, programs),
    calledAs: request.program,
    arguments: request.arguments,
    folder,
    environment,
    ...(stdin !== undefined && { stdin: typeof stdin === 'string' ? stdin : context.blobs.read(stdin) }),
    signal: context.signal,
    timeoutMs: withinLimit(request.timeoutMs, limits.timeoutMs, 'timeout', 'timeout_ms'),
    killAfterMs: limits.killAfterMs,
    outputBytesMax: withinLimit(request.bytesMax, limits.outputBytesMax, 'output.max_bytes', 'max_output_mb'),
    overflow: keeper.overflow,
    endsEscaped: true,
    onOutput: (channel, text) => context.stream({ channel, text }),
  })
  return resultOf(request, outcome, await keeper.kept(outcome))
}

function environmentOf(
  { inherits, environment }: ProgramRequest,
  { environment: allowed, environmentNames }: Limits,
  { idempotencyKey, policy: { programs } }: ModuleContext,
): Record<string, string> {
  const foreign = inherits?.find((name) => !environmentNames.includes(name))
  if (foreign !== undefined) {
    const what = `inherit_environment names "${foreign}", which environment_allow of command_executor does not have`
    throw TaskFault.of('authorization', `${what}. It has: ${environmentNames.join(', ') || 'nothing'}.`)
  }
  const loading = Object.keys(environment).find((name) => /^(?:LD|DYLD)_/i.test(name))
  if (loading !== undefined && programs.allow !== undefined) {
    const what = `"${loading}" may load any code into a program that the policy allows`
    throw TaskFault.of('authorization', `${what}, so it cannot be set where policy.programs.allow is.`)
  }
  const inherited = Object.entries(allowed).filter(([name]) => inherits?.includes(name) ?? true)
  return { ...Object.fromEntries(inherited), NEXUS_IDEMPOTENCY_KEY: idempotencyKey, ...environment }
}

function withinLimit(asked: number | undefined, limit: number, place: string, key: string): number {
  if (asked === undefined || asked <= limit) return asked ?? limit
  throw wrongArgument(place, `at most ${limit}: that is ${key} of command_executor`)
}

async function started(runner: ProcessRunner, options: ProcessOptions): ReturnType<ProcessRunner['run']> {
  try {
    return await runner.run(options)
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error) || !String(error.syscall).startsWith('spawn'))
      throw error
    const why =
      'code' in error && error.code === 'ENOENT'
        ? 'what its first line (#!) names is not there'
        : error.message
    throw TaskFault.of('runtime', `${options.program} cannot be started: ${why}.`, { cause: error })
  }
}
