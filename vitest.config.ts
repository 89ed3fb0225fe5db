import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { RunOrder, WORKERS } from './test/support/run-order.ts'

export default defineConfig({
  test: {
    maxWorkers: WORKERS,
    // Some hundred processes start from sources: the types are stripped once.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/test', import.meta.url)) },
    sequence: { sequencer: RunOrder },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**', 'test/infra/**'],
          pool: 'threads',
          isolate: false,
        },
      },
      {
        test: {
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          globalSetup: 'test/infra/setup.ts',
          pool: 'threads',
          isolate: false,
          // Bundles and compiles: seconds alone, a minute on a busy machine.
          testTimeout: 180_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.e2e.test.ts'],
          pool: 'forks',
          maxConcurrency: 3,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
