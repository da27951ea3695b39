import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { loadConfig } from '../../../src/app/config.ts'
import { environmentsFolder } from '../../../src/app/environments-folder.ts'
import { openPackageProvider } from '../../../src/app/open-package-provider.ts'
import type { AskForPackages, PackagePolicy } from '../../../src/contracts/environment.ts'
import type { ScriptedStep } from '../../../src/testing/index.ts'
import { openLocalPythonIndex, type LocalIndex } from '../../sandbox/environments/support/local-python-index.ts'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { findPython } from '../../support/python.ts'
import { eventsOf, openTestAgent, type FinishedRun } from '../open-test-agent.ts'
import { block, PRICES, rangeCode, rangePlan, rangeTests, reuseRange, scriptPlan } from '../scripted-replies.ts'

let home: string
let index: LocalIndex
let opened: TestSandbox

beforeAll(async () => {
  index = await openLocalPythonIndex([
    {
      name: 'spreads',
      version: '1.0',
      files: { 'spreads.py': 'def spread(values):\n    return max(values) - min(values)\n' },
    },
    { name: 'needy', version: '1.0', requires: ['spreads'], files: { 'needy.py': 'import spreads\nvalue = 5\n' } },
  ])
})
afterAll(() => index.close())
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'handaxe-packages-'))
  opened = await openTestSandbox({ environmentsFolder: environmentsFolder(config()) })
})
afterEach(async () => {
  await opened.close()
  await rm(home, { recursive: true, force: true })
})

function config() {
  const environment = { ...index.environment, HANDAXE_HOME: home, HANDAXE_PYTHON: findPython() ?? '/usr/bin/python3' }
  return loadConfig({ environment, workingFolder: home })
}

/** An agent whose packages come from the local index, under a policy. */
async function openAgent(packages: PackagePolicy, ask?: AskForPackages) {
  const settings = config()
  const provider = openPackageProvider({ ...settings, sandbox: { ...settings.sandbox, packages } }, ask)
  return openTestAgent(opened.sandbox, { packages: provider })
}

async function play(
  packages: PackagePolicy,
  ask: AskForPackages | undefined,
  steps: ScriptedStep[],
): Promise<FinishedRun> {
  const subject = await openAgent(packages, ask)
  try {
    return await subject.play(steps, 'Something')
  } finally {
    await subject.close()
  }
}

const SCRIPT = 'from spreads import spread\nresult(spread([1, 4]))'
const environments = async () => (await readdir(join(home, 'environments', 'names')).catch(() => [])).length

test('what the list allows is installed without a question, and the code runs with it', async () => {
  const { result, events } = await play({ allow: ['spreads'] }, undefined, [
    { role: 'planner', reply: scriptPlan({ code: SCRIPT }) },
  ])
  expect(result).toMatchObject({ status: 'succeeded', answer: 'It is 3.', usage: { calls: 1 } })
  expect(eventsOf(events, 'packages-provided')).toMatchObject([
    { language: 'python', packages: ['spreads'], environment: expect.stringMatching(/^auto-python-/), reason: null },
  ])
  expect(eventsOf(events, 'approval-requested')).toEqual([])
  expect(await environments()).toBe(1)
}, 120_000)

test('the user is asked once, and the answer stands in the journal before the code runs on', async () => {
  const asked: string[][] = []
  const ask: AskForPackages = async ({ packages }) => {
    asked.push(packages)
    return true
  }
  const code = 'import needy\nimport spreads\nresult(needy.value + spreads.spread([1, 4]))'
  const { result, events, types } = await play('ask', ask, [{ role: 'planner', reply: scriptPlan({ code }) }])
  expect(result).toMatchObject({ status: 'succeeded', answer: 'It is 8.' })
  // `spreads` comes with `needy`: nobody is asked for what is there already.
  expect(asked).toEqual([['needy']])
  expect(eventsOf(events, 'approval-requested')).toMatchObject([
    { subject: 'packages', question: { language: 'python', packages: ['needy'], warnings: [] } },
  ])
  expect(eventsOf(events, 'approval-given')).toMatchObject([{ granted: true }])
  expect(types.indexOf('approval-requested')).toBeLessThan(types.indexOf('packages-provided'))
}, 120_000)

test.each<[string, PackagePolicy, AskForPackages | undefined, RegExp]>([
  ['the user says no', 'ask', async () => false, /package spreads is not available: the user does not want it/],
  ['nobody can be asked', 'ask', undefined, /package spreads is not available: nobody can be asked/],
  [
    'packages are switched off',
    'none',
    async () => true,
    /package spreads is not available: packages are switched off/,
  ],
  ['it is not on the list', { allow: ['idna'] }, undefined, /package spreads is not available: it is not on the list/],
])('where %s, the model is told and writes the code without', async (_, policy, ask, told) => {
  const { result, events } = await play(policy, ask, [
    { role: 'planner', reply: scriptPlan({ code: SCRIPT }) },
    { role: 'coder', match: told, reply: block('result(4 - 1)', 'python') },
  ])
  expect(result).toMatchObject({ status: 'succeeded', answer: 'It is 3.' })
  expect(eventsOf(events, 'packages-provided')).toMatchObject([
    { environment: null, reason: expect.stringMatching(told) },
  ])
  expect(await environments()).toBe(0)
})

test('a package that the registry does not have is named to the model', async () => {
  const { result } = await play({ allow: ['nowhere'] }, undefined, [
    { role: 'planner', reply: scriptPlan({ code: 'import nowhere' }) },
    { role: 'coder', match: /nowhere could not be installed/, reply: block('result(7)', 'python') },
  ])
  expect(result).toMatchObject({ status: 'succeeded', answer: 'It is 7.' })
}, 60_000)

test('an aborted question ends the run as cancelled', async () => {
  const subject = await openAgent('ask', (_, { signal }) => {
    setTimeout(() => run.cancel(), 10)
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')))
    })
  })
  const { agent } = subject.withScript([{ role: 'planner', reply: scriptPlan({ code: SCRIPT }) }])
  const run = agent.run('Something')
  expect(await run.result).toMatchObject({ status: 'cancelled' })
  await subject.close()
})

test('a tool is made with a package, its needs say so, and a later run uses it without a question', async () => {
  let questions = 0
  const subject = await openAgent('ask', async () => {
    questions += 1
    return true
  })
  try {
    const request = { text: 'How far do the prices spread?', files: [await subject.file('prices.csv', PRICES)] }
    const code = rangeCode('float(spread(values))').replace(
      'def value_range',
      'from spreads import spread\n\n\ndef value_range',
    )
    const made = await subject.play(
      [
        { role: 'planner', reply: rangePlan },
        { role: 'tester', reply: rangeTests },
        { role: 'coder', reply: code },
      ],
      request,
    )
    expect(made.result, JSON.stringify(made.result.error)).toMatchObject({ status: 'succeeded' })
    expect(eventsOf(made.events, 'code-rejected')).toEqual([])
    const { needs } = await subject.library.get('value_range')
    expect(needs).toMatchObject({ packages: ['spreads'], environment: expect.stringMatching(/^auto-python-/) })
    expect(questions).toBe(1)

    const reused = await subject.play([{ role: 'planner', reply: reuseRange }], request)
    expect(reused.result).toMatchObject({ status: 'succeeded', answer: 'Over 7.5.' })
    expect(questions).toBe(1)

    // Whoever removed the environment is asked again: a tool does not fail for it.
    await rm(join(home, 'environments'), { recursive: true })
    const again = await subject.play([{ role: 'planner', reply: reuseRange }], request)
    expect(again.result).toMatchObject({ status: 'succeeded', answer: 'Over 7.5.' })
    expect(questions).toBe(2)
  } finally {
    await subject.close()
  }
}, 180_000)
