// Sets up what the tests need, checks, runs the tests, and ends with a line `N passed, N failed, N skipped`.
//
//   npm test [-- PATH…]           what a change has to pass: no engine, no Linux of its own, no registry
//   npm run test:all [-- PATH…]   everything, soak and fuzz at full size
//   npm run test:all -- --rest    everything but what `npm test` has run
//
// Whatever else is given goes to vitest. test/groups.ts says which file needs what.
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { availableParallelism, freemem, tmpdir } from 'node:os'
import { join } from 'node:path'
import { GROUPS, groupOf } from '../test/groups.ts'
import { SAMPLED_SHARE } from '../test/support/sizes.ts'
import { isUp, startEngine, stopEngine } from './docker-engine.mjs'
import { projectRoot, runOrExit } from './ensure-dependencies.mjs'
import { addCounts, addNotTested, COUNTS_VARIABLE, readCounts, renderCounts } from './test-counts.mjs'

const REST = '--rest'
/** One more than processors: a good part of these tests waits for processes and timers. Engines and kernels want them whole. */
const WORKERS = Math.min(4, availableParallelism() + 1)
const SHARED_MEMORY = '/dev/shm'
/** The number of this kind of file system. */
const TMPFS = 0x01021994
/** A run writes some hundred megabytes. */
const LEAST_MEMORY_BYTES = 2 ** 31
const isAll = process.argv[2] === 'all'
const args = process.argv.slice(3)
const isRest = args.includes(REST)
const forVitest = args.filter((arg) => arg !== REST)
const { isPart, files } = findFiles()
const wanted = isRest ? GROUPS.map(({ name }) => name) : isAll ? null : ['basic', 'sampled', 'sized']
const chosen = files.filter((file) => wanted === null || wanted.includes(groupOf(file)))
const groups = new Set(chosen.map(groupOf))

const left = isPart && !isAll ? files.filter((file) => !chosen.includes(file)) : []
if (left.length > 0) {
  const needs = new Set(left.map((file) => GROUPS.find(({ name }) => name === groupOf(file))?.needs))
  console.error(
    `· ${left.length} of these files need ${[...needs].join('; and ')}: npm run test:all -- ${forVitest.join(' ')}`,
  )
}
if (chosen.length === 0) process.exit(2)

const node = process.execPath
const folder = mkdtempSync(join(tmpdir(), 'handaxe-tests-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
const countsFile = join(folder, 'counts')
runOrExit(node, ['scripts/setup.mjs'])
runOrExit(node, ['scripts/setup-tests.mjs', ...groups], { env: { [COUNTS_VARIABLE]: countsFile } })
runOrExit(node, ['scripts/build.mjs'])
// A part is run again and again while somebody works on it; what `npm test` has checked is not checked again.
const isChecked = isPart || isRest || check()
const memory = isAll ? null : makeMemoryFolder()
// Stopped whatever comes of the tests: by `close`, or by the kernel where this process is killed.
const engine = groups.has('engine') ? await openEngine() : without('these tests were not asked for')
let counts
try {
  counts = runVitest()
} finally {
  await engine.close()
  if (memory !== null) rmSync(memory, { recursive: true, force: true })
}
if (!isChecked) counts.failed += 1
const sampled = isAll ? [] : chosen.filter((file) => groupOf(file) === 'sampled')
if (sampled.length > 0) {
  console.error(`· of ${sampled.length} slow files one test in ${SAMPLED_SHARE} ran: npm run test:all runs each`)
}
addCounts(counts)
console.log(renderCounts(counts))
process.exit(counts.failed === 0 ? 0 : 1)

/** The test files that the arguments name, as vitest understands them: a part of the path. Without any, all. */
function findFiles() {
  const all = readdirSync(join(projectRoot, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `test/${name}`)
  const filters = forVitest.filter((arg) => !arg.startsWith('-')).map((arg) => arg.replace(/^\.\//, ''))
  const named = all.filter((file) => filters.some((filter) => file.includes(filter)))
  return named.length === 0 ? { isPart: forVitest.length > 0, files: all } : { isPart: true, files: named }
}

/** The tests run all the same where it fails: whoever waits for them should see all that is wrong. */
function check() {
  const works = runOrExit(node, ['scripts/check.mjs', '--without-tests'], { mayFail: true }) === 0
  if (!works) console.error('· `npm run check` fails, see above')
  return works
}

function runVitest() {
  const projects = (wanted ?? []).map((name) => `--project=${name === 'basic' ? 'basic*' : name}`)
  const reporters = isPart ? [] : ['progress', 'count'].map((name) => `--reporter=./scripts/${name}-reporter.mjs`)
  const vitest = join(projectRoot, 'node_modules/vitest/vitest.mjs')
  const workers = isAll ? [] : [`--maxWorkers=${WORKERS}`]
  const status = runOrExit(node, [vitest, 'run', ...projects, ...reporters, ...workers, ...forVitest], {
    mayFail: true,
    env: {
      ...(memory === null ? {} : { HANDAXE_TEST_MEMORY: memory }),
      ...(isAll ? { HANDAXE_FULL_SIZE: '1' } : {}),
      ...engine.environment,
      [COUNTS_VARIABLE]: countsFile,
    },
  })
  const found = readCounts(countsFile)
  // It may have failed without a failed test: an option that it does not know, no test of that name.
  return status !== 0 && found.failed === 0 ? { ...found, failed: 1 } : found
}

/**
 * A folder in memory for what tests write: each of thousands of transactions waits for the disk, some for a tenth of a second. Null
 * where there is too little of it, as in containers, or where programs may not be run from it. `test:all` has the disk.
 */
function makeMemoryFolder() {
  try {
    const { bavail, bsize, type } = statfsSync(SHARED_MEMORY)
    if (type !== TMPFS || bavail * bsize < LEAST_MEMORY_BYTES || freemem() < 2 * LEAST_MEMORY_BYTES) return null
    // A short name: the path of a socket has room for 107 bytes.
    const made = mkdtempSync(join(SHARED_MEMORY, 'ht-'))
    // As of `/tmp`: some tests have users of their own.
    chmodSync(made, 0o1777)
    const program = join(made, 'program')
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 })
    if (spawnSync(program).status === 0) return made
    rmSync(made, { recursive: true, force: true })
    return null
  } catch {
    // Not Linux, or not to be written to.
    return null
  }
}

function without(reason) {
  if (groups.has('engine')) addNotTested('the docker backend', reason, countsFile)
  return { environment: { HANDAXE_DOCKER_PROBLEM: reason }, close: () => {} }
}

/** For the tests of the docker backend: an engine of their own, or the reason why they are skipped. */
async function openEngine() {
  const { HANDAXE_SKIP_DOCKER, HANDAXE_DOCKER_SOCKET } = process.env
  if (HANDAXE_SKIP_DOCKER) return without('HANDAXE_SKIP_DOCKER is set')
  // Somebody else's, who also stops it.
  if (HANDAXE_DOCKER_SOCKET) {
    if (!isUp(HANDAXE_DOCKER_SOCKET))
      return without(`no engine answers at HANDAXE_DOCKER_SOCKET, ${HANDAXE_DOCKER_SOCKET}`)
    return { environment: {}, close: () => {} }
  }
  const ownFolder = mkdtempSync(join(tmpdir(), 'handaxe-docker-'))
  const startedAt = Date.now()
  try {
    const onMissing = (what, reason) => addNotTested(what, reason, countsFile)
    const socket = await startEngine(ownFolder, node, { onMissing })
    console.error(`· a container engine for the tests: ready after ${Math.round((Date.now() - startedAt) / 1000)} s`)
    return { environment: { HANDAXE_DOCKER_SOCKET: socket }, close: () => stopEngine(ownFolder) }
  } catch (error) {
    console.error(`· no container engine, the tests of the docker backend are skipped: ${error.message}`)
    console.error('  → Mend that, or try it alone: node scripts/setup-docker-tests.mjs')
    return without(error.message.replaceAll(/\s+/g, ' '))
  }
}
