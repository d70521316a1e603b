/** One test run for the whole repository; each test makes its own world, so files may run in parallel. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['packages/**/*.test.ts', 'modules/**/*.test.ts', 'tests/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/out/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 15_000 } },
    maxWorkers: 2,
    // CI shares its machine: a test of time may need a second try there, and is then reported as flaky.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    pool: 'forks',
  },
})
