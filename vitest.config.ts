import { defineConfig } from 'vitest/config'
import { GROUPS, patternsOf } from './test/groups.ts'

const EVERY_TEST = 'test/**/*.test.ts'

/** Nothing listens there: a test that needs a registry or an engine fails here, and belongs to another group. */
const OFFLINE = {
  DOCKER_HOST: 'tcp://127.0.0.1:1',
  PIP_INDEX_URL: 'http://127.0.0.1:1/simple/',
  PIP_CONFIG_FILE: '/dev/null',
  npm_config_registry: 'http://127.0.0.1:1/',
  // npm and pip would try again for minutes.
  npm_config_fetch_retries: '0',
  PIP_RETRIES: '0',
}

/**
 * Tests of code that leaves nothing in its process: one process runs file after file of them, since to load the project takes a
 * second of a processor. Those of sandboxes, stores and servers look at descriptors, timers and sockets, and have a process each.
 */
const SHARING = ['admission', 'agent', 'app', 'cli', 'domain', 'library', 'structure', 'util'].map(
  (folder) => `test/${folder}/**/*.test.ts`,
)

/** The others reach an engine or a registry. */
const OFFLINE_GROUPS = new Set(['machines', 'packages', 'sampled', 'sized'])

const groups = GROUPS.map((group) => ({
  extends: true as const,
  test: {
    name: group.name,
    include: patternsOf(group),
    ...(OFFLINE_GROUPS.has(group.name) ? { env: OFFLINE } : {}),
    ...(group.name === 'sampled' ? { runner: './test/support/sampling-runner.ts' } : {}),
  },
}))
const basic = {
  extends: true as const,
  test: {
    name: 'basic',
    include: [EVERY_TEST],
    exclude: [...GROUPS.flatMap(patternsOf), ...SHARING],
    env: OFFLINE,
  },
}
const sharing = {
  extends: true as const,
  test: {
    name: 'basic-sharing',
    include: SHARING,
    exclude: GROUPS.flatMap(patternsOf),
    env: OFFLINE,
    isolate: false,
  },
}

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    setupFiles: ['./test/support/fresh-environment.ts'],
    // Sandboxes, servers and databases are real in these tests: two files at a time suit a two-core machine.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // One second, Vitest's own, is what a busy machine may take for anything.
    expect: { poll: { timeout: 15_000 } },
    reporters: ['default', './scripts/count-reporter.mjs'],
    projects: [basic, sharing, ...groups],
  },
})
