/**
 * `query.sql`: one statement in one transaction. A crash between the commit and the record of the task runs it again:
 * reading twice harms nobody, and what is written twice is for `idempotency` to prevent.
 */
import { TaskFault, type Json, type ModuleContext } from '@nexus/sdk'
import { readSqlCall, type SqlCall } from './arguments.ts'
import type { Connections } from './connections.ts'
import { deadlineOf } from './deadline.ts'
import type { Driver } from './driver.ts'
import { faultOf } from './fault.ts'
import { once } from './once.ts'
import { resultOf } from './result.ts'
import { readSettings, type Settings } from './settings.ts'
import { refuseStatement } from './sql/gate.ts'
import { prepareText, type PreparedText } from './sql/statement.ts'
import { resolveTarget, type Target } from './target.ts'

export async function querySql(
  context: ModuleContext,
  connections: Connections,
  stop: AbortSignal,
): Promise<Json> {
  const settings = readSettings(context.config)
  const call = readSqlCall(context.inputData, settings)
  const target = await resolveTarget(call, settings, context.secrets)
  if (call.write && !target.writable)
    throw TaskFault.of(
      'authorization',
      `\`write: true\` on ${target.title} is refused. ${target.whyReadOnly}`,
    )
  const reach = target.trusted || context.policy.network.private ? 'any' : 'public'
  const driver = await connections.driverFor(target, settings, reach)
  const text = prepareText(call.query, call.parameters, driver.dialect)
  refuseStatement({ sql: call.query, tokens: text.tokens, dialect: driver.dialect, write: call.write })
  return inTime(context, { call, target, driver, text, settings, stop })
}

interface Prepared {
  readonly call: SqlCall
  readonly target: Target
  readonly driver: Driver
  readonly text: PreparedText
  readonly settings: Settings
  readonly stop: AbortSignal
}

async function inTime(context: ModuleContext, prepared: Prepared): Promise<Json> {
  const { call, target, driver, text, stop } = prepared
  const { timeoutMs, write } = call
  using deadline = deadlineOf(
    context.clock,
    timeoutMs,
    [context.signal, stop],
    `The query on ${target.title}`,
  )
  const { signal } = deadline
  try {
    return await driver.transaction({ write, timeoutMs, signal }, async (transaction) => {
      const work = async (): Promise<Json> =>
        resultOf(await transaction.execute(text), resultOptions(context, prepared))
      if (call.idempotencyTable === undefined) return work()
      const record = { table: call.idempotencyTable, key: context.idempotencyKey }
      return once(transaction, record, { dialect: driver.dialect, work })
    })
  } catch (error) {
    // Whatever the engine says of being stopped, the reason is what stopped it.
    if (signal.aborted) throw signal.reason
    throw faultOf(error, { sql: call.query, title: target.title, originalOffset: text.originalOffset })
  }
}

function resultOptions(context: ModuleContext, { call, settings }: Prepared): Parameters<typeof resultOf>[1] {
  return {
    returns: call.returns,
    rowsMax: call.rowsMax,
    bytesMax: settings.resultBytesMax,
    blobBytesMax: settings.blobBytesMax,
    blobs: context.blobs,
  }
}
