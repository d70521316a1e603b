/** What a module is invoked with in tests. */
import type { InvocationContext } from '@nexus/kernel'
import type { Json } from '@nexus/sdk'
import { testContext, type TestContextOptions } from '@nexus/sdk/testing'

export function task(
  inputData: Json,
  options: Omit<TestContextOptions<Json>, 'inputData'> = {},
): InvocationContext {
  const context = testContext({ inputData, ...options })
  const {
    config: _config,
    state: _state,
    secrets: _secrets,
    policy: _policy,
    log: _log,
    ...invocation
  } = context
  return invocation
}
