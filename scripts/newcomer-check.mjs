// The two commands on a bare machine: `npm start` as root and as an ordinary user with sudo, `npm test` as that user with an
// empty home below /tmp, each in a fresh Debian with nothing but git, sudo, certificates, and this machine's Node and npm.
// Takes Linux, root, and debootstrap. Ends with a summary and a line `N passed, N failed, N skipped`.
//
//   node scripts/newcomer-check.mjs [start-root|chroot|start-user|test-user]… [-- PATH…]
//
// Paths are test files, for those who work on a part.
//
// A check fails where a command fails or says something else than it should, and where the tests skip something for a reason
// that does not stand in newcomer/allowed-skips.json: what set-up could have installed is no reason.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './run-program.mjs'
import { enterRoot } from './newcomer/enter-root.mjs'
import { judgeSkips } from './newcomer/judge-skips.mjs'
import { installMissing } from './system-packages.mjs'
import { addCounts, renderCounts } from './test-counts.mjs'
import { cloneProject, makeRoot, NEWCOMER, removeRoots } from './newcomer/make-root.mjs'

const MINUTE_MS = 60_000
/** Generous: mirrors and registries are slow at times. */
const START_MS = 20 * MINUTE_MS
const TEST_MS = 45 * MINUTE_MS
/** What the example answers; test/e2e/volatility.test.ts checks these numbers by a computation of its own. */
const ANSWERS = ['16.97%', '18.13%', 'annualised_volatility']
const ROOT = { name: 'root', home: '/root', path: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }
const USER = {
  name: NEWCOMER.name,
  home: NEWCOMER.home,
  path: '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games',
}
const REPORT = '/tmp/test-report.json'

const given = process.argv.slice(2)
const end = given.includes('--') ? given.indexOf('--') : given.length
const [asked, testFiles] = [given.slice(0, end), given.slice(end + 1)]
const logs = mkdtempSync(join(tmpdir(), 'handaxe-newcomer-'))
const results = []
/** Of `judgeSkips`: reasons with the tests that a bare machine skips for them. */
const skippedBecause = []
const counts = { passed: 0, failed: 0, skipped: 0, notTested: [] }

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130))
// Of a mount namespace that is gone nothing is left but the folders.
process.on('exit', () => {
  removeRoots()
  if (counts.failed === 0) rmSync(logs, { recursive: true, force: true })
})

const problem = whyNot()
if (problem !== null) {
  counts.notTested.push(`the newcomer check: ${problem}`)
  counts.skipped += 1
  finish()
} else {
  await checkAll()
  report()
}

function whyNot() {
  if (process.env.HANDAXE_SKIP_NEWCOMER) return 'HANDAXE_SKIP_NEWCOMER is set'
  if (process.platform !== 'linux' || process.getuid() !== 0) return 'it takes Linux and root'
  for (const command of ['setpriv', 'unshare', 'chroot', 'git', 'apt-get']) {
    if (spawnSync(command, ['--version']).status !== 0) return `there is no ${command} here`
  }
  return null
}

async function checkAll() {
  removeRoots()
  installMissing({ debootstrap: 'debootstrap' })
  if (isAsked('start-root') || isAsked('chroot')) {
    const { root, variables } = makeRoot('as-root')
    const folder = '/root/handaxe'
    cloneProject(root, folder, 'root')
    const shared = { user: ROOT, variables, folder, timeoutMs: START_MS }
    if (isAsked('start-root')) await check('npm start as root', root, ['npm', 'start'], shared, judgeAnswers)
    if (isAsked('chroot')) {
      await check(
        'npm start in a plain chroot ends with a sentence',
        root,
        ['npm', 'start'],
        { ...shared, how: 'chroot' },
        judgeRefusal,
      )
    }
    rmSync(root, { recursive: true, force: true })
  }
  if (isAsked('start-user') || isAsked('test-user')) {
    const { root, variables } = makeRoot('as-user')
    const folder = `${NEWCOMER.home}/handaxe`
    cloneProject(root, folder, String(NEWCOMER.id))
    const shared = { user: USER, variables, folder }
    if (isAsked('start-user')) {
      await check(
        'npm start as a user with sudo',
        root,
        ['npm', 'start'],
        { ...shared, timeoutMs: START_MS },
        judgeAnswers,
      )
    }
    if (isAsked('test-user')) await checkTests(root, shared)
    rmSync(root, { recursive: true, force: true })
  }
}

async function checkTests(root, shared) {
  const home = mkdtempSync(join(root, 'tmp/home-'))
  run('chown', [`${NEWCOMER.id}:${NEWCOMER.id}`, home])
  const options = {
    ...shared,
    user: { ...USER, home: home.slice(root.length) },
    variables: { ...shared.variables, HANDAXE_TEST_REPORT: REPORT },
    timeoutMs: TEST_MS,
  }
  await check(
    'npm test as a user with sudo and an empty home below /tmp',
    root,
    ['npm', 'test', '--', ...testFiles],
    options,
    (outcome) => {
      const path = join(root, REPORT)
      if (!existsSync(path)) return ['the tests left no report']
      const tests = JSON.parse(readFileSync(path, 'utf8'))
      counts.passed += tests.passed
      counts.failed += tests.failed.length
      counts.skipped += tests.skipped.length
      const { allowed, others } = judgeSkips(tests.skipped)
      skippedBecause.push(...allowed)
      return [
        ...(outcome.exitCode === 0 ? [] : [`exit code ${outcome.exitCode}`]),
        ...tests.failed.map(({ file, title, message }) => `failed: ${file}: ${title}: ${message}`),
        ...others.map(({ file, title }) => `skipped for no allowed reason: ${file}: ${title}`),
      ]
    },
  )
}

function judgeAnswers({ exitCode, said }) {
  return [
    ...(exitCode === 0 ? [] : [`exit code ${exitCode}`]),
    ...ANSWERS.filter((answer) => !said.includes(answer)).map((answer) => `the output has no ${answer}`),
  ]
}

/** The kernel forbids the sandbox there. That is no fault of anybody's, and no place for a traceback. */
function judgeRefusal({ exitCode, said }) {
  const problems = []
  if (exitCode === 0 || exitCode === null) problems.push(`exit code ${exitCode}`)
  if (/Traceback \(most recent|^\s+at .+:\d+:\d+\)?$/m.test(said)) problems.push('it ends with a stack')
  if (!/chroot/.test(said)) problems.push('it does not name the chroot')
  return problems
}

async function check(title, root, command, options, judge) {
  console.error(`· newcomer check: ${title}`)
  const log = join(logs, `${title.replaceAll(/[^\w]+/g, '-')}.log`)
  const outcome = await enterRoot(root, command, { title, log, ...options })
  const problems = judge(outcome)
  if (outcome.exitCode === null) problems.push(`it did not end within ${options.timeoutMs / MINUTE_MS} minutes`)
  results.push({ title, problems, tookSeconds: outcome.tookSeconds })
  counts[problems.length === 0 ? 'passed' : 'failed']++
  if (problems.length === 0) return
  console.log(`FAILED: ${title}: the end of what it said (whole: ${log}):`)
  console.log(outcome.said.trimEnd().split('\n').slice(-60).join('\n'))
}

function report() {
  console.log('\nThe newcomer check, on a bare machine:')
  for (const { title, problems, tookSeconds } of results) {
    console.log(`  ${problems.length === 0 ? 'passed' : 'FAILED'}  ${title} (${tookSeconds} s)`)
    for (const problem of problems) console.log(`          ${problem}`)
  }
  for (const { reason, skips } of skippedBecause) {
    console.log(`  skipped ${skips.length}: ${reason}`)
    for (const file of new Set(skips.map((skip) => skip.file))) {
      console.log(`          ${skips.filter((skip) => skip.file === file).length}  ${file}`)
    }
  }
  finish()
}

function finish() {
  addCounts(counts)
  console.log(renderCounts(counts))
  process.exitCode = counts.failed === 0 ? 0 : 1
}

function isAsked(name) {
  return asked.length === 0 || asked.includes(name)
}
