/**
 * An instance that knows how many tasks it has under way, so that it can be taken out of use and stopped when they are
 * over, while another one serves already.
 */
import type { Instance, InvocationContext } from './host.ts'

export interface CountedInstance extends Instance {
  /** Resolves when no task is under way. */
  idle(): Promise<void>
}

export function counted(instance: Instance): CountedInstance {
  let underWay = 0
  let idle: PromiseWithResolvers<void> | undefined
  return {
    async execute(context: InvocationContext) {
      underWay++
      try {
        return await instance.execute(context)
      } finally {
        if (--underWay === 0) idle?.resolve()
      }
    },
    async idle() {
      if (underWay === 0) return
      idle ??= Promise.withResolvers<void>()
      await idle.promise
      idle = undefined
    },
    unavailable: async (task) => instance.unavailable?.(task),
    probe: () => instance.probe(),
    hooks: () => instance.hooks(),
    snapshot: () => instance.snapshot(),
    migrate: (handed, versions) => instance.migrate(handed, versions),
    restore: (memory) => instance.restore(memory),
    stop: () => instance.stop(),
  }
}
