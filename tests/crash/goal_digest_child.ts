/**
 * The process that is killed while resource_analyzer learns: does work, has an estimate of it brought up to date, and
 * compares it; goes on where an earlier life was, and prints what the analyzer counted. With `--kill-at n` it kills itself
 * right before the n-th time that a module's state is written, with `--kill-behind n` right after it.
 */
import { openNexus, type RunRecord } from '@nexus/nexus'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { looking, roundsOfWork, tasksOfRound, telling } from './goal_digest_work.ts'

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '' },
    'kill-at': { type: 'string' },
    'kill-behind': { type: 'string' },
  },
})

let writes = 0
dieAroundWrites()

const nexus = await openNexus({
  data: join(values.folder, 'data'),
  modules: [join(values.folder, 'modules')],
  trust: [values.folder],
})
await nexus.start()
await nexus.idle()
for (let round = 0; round < roundsOfWork; round++) {
  const work = await done(`work/${round}`, tasksOfRound(round), {})
  await done(`look/${round}`, looking, { run: work.id })
}
const told = await done('told', telling, {})
const again = await done('again', telling, {})
process.stdout.write(`${JSON.stringify({ told: told.output, again: again.output, writes })}\n`)
await nexus.close()

/** In one life or another, once. */
async function done(key: string, tasks: readonly object[], input: object): Promise<RunRecord> {
  const document = {
    document: { dsl: '1.0.3', namespace: 'test', name: 'work', version: '1.0.0' },
    do: tasks,
  }
  const known = await nexus.runs.keyed(key)
  const id = known?.id ?? (await nexus.run(nexus.check(JSON.stringify(document)), input as never, { key })).id
  await nexus.runs.live(id)?.ended
  return nexus.runs.get(id)
}

function dieAroundWrites(): void {
  const prepare = Reflect.get(DatabaseSync.prototype, 'prepare')
  DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string): StatementSync {
    const statement = prepare.call(this, sql)
    if (!sql.startsWith('INSERT OR REPLACE INTO state ')) return statement
    const run = statement.run.bind(statement)
    statement.run = (...parameters: never[]) => {
      writes++
      if (writes === Number(values['kill-at'])) process.kill(process.pid, 'SIGKILL')
      const result = run(...parameters)
      if (writes === Number(values['kill-behind'])) process.kill(process.pid, 'SIGKILL')
      return result
    }
    return statement
  }
}
