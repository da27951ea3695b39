import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    pool: 'forks',
    // Sandboxes, servers and databases are real in these tests: two files at a time suit a two-core machine.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One second, Vitest's own, is what a busy machine may take for anything.
    expect: { poll: { timeout: 15_000 } },
    reporters: ['default', './scripts/count-reporter.mjs'],
  },
})
