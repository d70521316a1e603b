/**
 * An instance that tells nobody the secrets that its module was handed: they are masked in what goes wrong with it as a
 * whole. What its tasks give goes through as it is: the run masks that, once it has gone where it is needed.
 */
import type { Disclosed } from './disclosed.ts'
import { ModuleFailure, type Instance, type StopReport } from './host.ts'

export function discreet(instance: Instance, disclosed: Disclosed): Instance {
  const discreetly = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw maskedFailure(error, disclosed)
    })
  return {
    execute: (context) => instance.execute(context),
    async unavailable(task) {
      const why = await instance.unavailable?.(task)
      return why === undefined ? undefined : disclosed.mask(why)
    },
    probe: () => discreetly(instance.probe()),
    hooks: () => discreetly(instance.hooks()),
    snapshot: () => discreetly(instance.snapshot()),
    migrate: (handed, versions) => discreetly(instance.migrate(handed, versions)),
    restore: (memory) => discreetly(instance.restore(memory)),
    async stop(): Promise<StopReport> {
      const report = await instance.stop()
      return { ...report, problems: report.problems.map((problem) => disclosed.mask(problem)) }
    },
  }
}

/** The same error, unless there is a secret in its message: then one without what it came of. */
export function maskedFailure(error: unknown, disclosed: Disclosed): unknown {
  if (!(error instanceof ModuleFailure)) return error
  const message = disclosed.mask(error.message)
  return message === error.message ? error : new ModuleFailure(message)
}
