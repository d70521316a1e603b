import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { driverConformance } from './driver_conformance.ts'
import { temporaryFolder } from './world.ts'

function childProcesses(): number {
  const text = execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
  return text.split('\n').filter((line) => line.includes('SqliteServer') || line.includes('--allow-fs-read'))
    .length
}

driverConformance({
  name: 'SQLite',
  async open() {
    const file = join(temporaryFolder(), 'main.db')
    new DatabaseSync(file).exec('PRAGMA user_version = 1')
    return { driver: 'sqlite', file }
  },
  types: { integer: 'integer', text: 'text', binary: 'blob', json: 'text' },
  endless:
    'WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless) SELECT max(n) AS n FROM endless',
  series:
    'WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < $count) SELECT n FROM series',
  pointsAt: { table: true, syntax: true },
  openConnections: async () => childProcesses(),
})
