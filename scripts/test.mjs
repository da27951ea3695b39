// `npm test`: sets up what the tests need, builds, runs them all and ends with a line `N passed, N failed, N skipped`.
// Arguments go to vitest: `npm test -- test/sandbox`.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine, stopEngine } from './docker-engine.mjs'
import { ensureDependencies, projectRoot, runOrExit } from './ensure-dependencies.mjs'

const DOCKER_TESTS = 'test/sandbox/docker'
const args = process.argv.slice(2)

const node = ensureDependencies()
runOrExit(node, ['scripts/setup.mjs'])
runOrExit(node, ['scripts/setup-tests.mjs'])
runOrExit(node, ['scripts/build.mjs'])
// Stopped whatever comes of the tests: by `close`, or by the kernel where this process is killed.
const engine = await openEngine()
let exitCode = 1
try {
  const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs')
  exitCode = runOrExit(node, [vitest, 'run', ...args], { mayFail: true, env: engine.environment })
} finally {
  await engine.close()
}
process.exit(exitCode)

/** For the tests of the docker backend: an engine of their own, or the reason why they are skipped. */
async function openEngine() {
  const without = (reason) => ({ environment: { HANDAXE_DOCKER_PROBLEM: reason }, close: () => {} })
  const { HANDAXE_SKIP_DOCKER, HANDAXE_DOCKER_SOCKET } = process.env
  if (HANDAXE_SKIP_DOCKER) return without('HANDAXE_SKIP_DOCKER is set')
  // Somebody else's, who also stops it.
  if (HANDAXE_DOCKER_SOCKET) return { environment: {}, close: () => {} }
  const paths = args.filter((arg) => !arg.startsWith('-'))
  const areAsked = paths.length === 0 || paths.some((path) => path.includes('docker') || DOCKER_TESTS.startsWith(path))
  if (!areAsked) return without('these tests were not asked for')
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-docker-'))
  const startedAt = Date.now()
  try {
    const socket = await startEngine(folder, node)
    console.error(`· a container engine for the tests: ready after ${Math.round((Date.now() - startedAt) / 1000)} s`)
    return { environment: { HANDAXE_DOCKER_SOCKET: socket }, close: () => stopEngine(folder) }
  } catch (error) {
    console.error(`· no container engine, the tests of the docker backend are skipped: ${error.message}`)
    return without(error.message.replaceAll(/\s+/g, ' ').slice(0, 200))
  }
}
