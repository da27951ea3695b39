// What tests need. A file that stands in no group below belongs to `npm test`: it needs what set-up installs there (the sandbox
// with its Python, PostgreSQL's server), and neither an engine, nor a machine of its own, nor a package registry, not even a local
// one.
// `npm run test:all` runs all groups. test/structure/groups.test.ts fails where a file is in the wrong one.

export interface TestGroup {
  /** A project of vitest: `npx vitest run --project engine`. */
  name: 'engine' | 'machines' | 'kernel' | 'registry' | 'packages' | 'pgvector' | 'sampled' | 'sized'
  /** In words, for people. */
  needs: string
  /** Test files, or folders of them, from the project's root; a folder ends in `/`. */
  files: string[]
  /** A file that has one of these in its own text, or in that of a module of the tests which it imports, belongs here. None: time decides. */
  signs: RegExp[]
}

/** A file with the signs of several is in the first of them. */
export const GROUPS: readonly TestGroup[] = [
  {
    name: 'engine',
    needs: 'a container engine, and an image made by debootstrap',
    files: ['test/sandbox/docker/'],
    signs: [/\/support\/engine\.ts'|docker-engine\.mjs|'dockerd'/],
  },
  {
    name: 'machines',
    needs: 'root, and machines with root folders and users of their own, which stand in for those of a cloud',
    files: ['test/sandbox/e2b/'],
    signs: [/\/open-test-e2b\.ts'|\/fake-cloud\.ts'/],
  },
  {
    name: 'kernel',
    needs: 'user-mode Linux, and for systemd a root folder made by debootstrap',
    files: ['test/sandbox/cgroup2.test.ts', 'test/sandbox/systemd.test.ts'],
    signs: [/user-mode-linux\.ts'|find-systemd-root\.ts'|'linux\.uml'/],
  },
  {
    name: 'registry',
    needs:
      'the package registries that pip and npm are configured for, and what the benchmarks compare with, which comes from them',
    files: [
      'test/bench/install-peers.test.ts',
      'test/bench/sandbox.test.ts',
      'test/sandbox/environments/real-registries.test.ts',
    ],
    signs: [/real-registries\.ts'|install-peers\.ts'|\[bench, 'sandbox'/],
  },
  {
    // Each of their environments is a run of pip or npm, of a second and more.
    name: 'packages',
    needs: 'pip and npm, which install from package registries that these tests serve',
    files: [
      'test/agent/packages/run-packages.test.ts',
      'test/app/needs/needs-of-tests.test.ts',
      'test/e2e/environments.test.ts',
      'test/e2e/package-question.test.ts',
      'test/sandbox/environment-executions.test.ts',
      'test/sandbox/environments/create-javascript-environment.test.ts',
      'test/sandbox/environments/create-python-environment.test.ts',
      'test/sandbox/environments/interrupted-build.test.ts',
    ],
    signs: [/local-python-index\.ts'|local-npm-registry\.ts'/],
  },
  {
    // PostgreSQL's own package takes seconds; this extension is compiled here, where the distribution has no package of it.
    name: 'pgvector',
    needs: 'the extension pgvector of PostgreSQL, compiled from its source',
    files: ['test/store/postgres/vectors.contract.test.ts'],
    signs: [/\bdescribePgvector\(/],
  },
  {
    // Hundreds of processes and sandboxes of their own: together they take as long as all other files of `npm test`, which runs
    // every sixth of their tests (test/support/sampling-runner.ts).
    name: 'sampled',
    needs: 'time: the command line as a process, hostile programs, and tools that are checked, one after the other',
    files: [
      'test/admission/determinism/check-determinism.test.ts',
      'test/admission/policies.test.ts',
      'test/admission/twins/compare-behaviour.test.ts',
      'test/agent/inspect-inputs.test.ts',
      'test/agent/make/admission.test.ts',
      'test/agent/repair/repair-tool.test.ts',
      'test/app/exchange/import-tools.test.ts',
      'test/app/run-tests.test.ts',
      'test/e2e/bad-input.test.ts',
      'test/e2e/daemon/executions.test.ts',
      'test/e2e/daemon/life.test.ts',
      'test/e2e/daemon/privacy.test.ts',
      'test/e2e/daemon/stop.test.ts',
      'test/e2e/exchange.test.ts',
      'test/e2e/exec.test.ts',
      'test/e2e/life.test.ts',
      'test/e2e/output.test.ts',
      'test/e2e/repair.test.ts',
      'test/e2e/run.test.ts',
      'test/e2e/sessions.test.ts',
      'test/e2e/store-migrate.test.ts',
      'test/e2e/tidy.test.ts',
      'test/models/model-contract.test.ts',
      'test/sandbox/attacks/edges.test.ts',
      'test/sandbox/attacks/host-functions.test.ts',
      'test/sandbox/attacks/javascript-files.test.ts',
      'test/sandbox/attacks/javascript-kernel.test.ts',
      'test/sandbox/attacks/javascript.test.ts',
      'test/sandbox/attacks/protocol.test.ts',
      'test/sandbox/attacks/sharing.test.ts',
      'test/sandbox/linux-contract.test.ts',
    ],
    signs: [],
  },
  {
    // They need nothing more, but their full size takes minutes: `npm test` runs them too, small (test/support/sizes.ts).
    name: 'sized',
    needs: 'time: soak, fuzz and corpora at full size',
    files: [
      'test/admission/pipeline.test.ts',
      'test/app/adversary.test.ts',
      'test/app/tidy/further-twins.test.ts',
      'test/app/tidy/plan-tidy.test.ts',
      'test/sandbox/egress/request-fuzz.test.ts',
      'test/sandbox/fuzz-artifacts.test.ts',
      'test/sandbox/fuzz-frames.test.ts',
      'test/sandbox/humaneval.test.ts',
      'test/sandbox/killed-host.test.ts',
      'test/sandbox/lifecycle.test.ts',
      'test/sandbox/soak.test.ts',
      'test/store/postgres/several-processes.test.ts',
      'test/store/several-processes.test.ts',
    ],
    signs: [/sizes\.ts'|fuzz-runs\.ts'/],
  },
]

/** The group of a test file (a path from the project's root), or 'basic' where it stands in none. */
export function groupOf(file: string): TestGroup['name'] | 'basic' {
  const isIn = (entry: string): boolean => (entry.endsWith('/') ? file.startsWith(entry) : file === entry)
  return GROUPS.find(({ files }) => files.some(isIn))?.name ?? 'basic'
}

/** For vitest's `include` and `exclude`. */
export function patternsOf({ files }: TestGroup): string[] {
  return files.map((entry) => (entry.endsWith('/') ? `${entry}**/*.test.ts` : entry))
}
