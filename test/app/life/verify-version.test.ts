import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { saveEdit, prepareEdit } from '../../../src/app/life/edit-tool.ts'
import { testTool } from '../../../src/app/life/test-tool.ts'
import { verifyVersion } from '../../../src/app/life/verify-version.ts'
import { loadConfig } from '../../../src/app/config.ts'
import type { App } from '../../../src/app/open-app.ts'
import type { Library } from '../../../src/contracts/library.ts'
import type { NewTool, ToolTest } from '../../../src/contracts/tool.ts'
import { openLibrary } from '../../../src/library/open-library.ts'
import { openStore } from '../../../src/store/open-store.ts'
import { sampleUse } from '../../store/support/samples.ts'
import { newTool } from '../../library/support/library.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'

const SLOW = { timeout: 240_000 }

function codeOf(body: string, parameter = 'values'): string {
  return `def value_range(${parameter}: list[float]) -> float:
    """Difference between the largest and the smallest value.

    Args:
        ${parameter}: The numbers.

    Returns:
        The range.

    Raises:
        ValueError: If there are no values.
    """
    if not ${parameter}:
        raise ValueError("no values")
    ${body}
`
}

const GOOD = codeOf('return max(values) - min(values)')
/** Wrong for a single value that is negative, which no test looks at. */
const SUBTLY_WRONG = codeOf('return max(values) - min(values) if len(values) > 1 or values[0] >= 0 else -1.0')
const TESTS: ToolTest[] = [
  { name: 'three', kind: 'example', arguments: { values: [1, 5, 2] }, expected: 4 },
  { name: 'one', kind: 'example', arguments: { values: [3] }, expected: 0 },
  { name: 'negative', kind: 'example', arguments: { values: [-1.5, 2] }, expected: 3.5 },
  { name: 'none', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
]
const [, ...FEWER] = TESTS

let opened: TestSandbox
let library: Library
let app: Pick<App, 'library' | 'sandbox' | 'config'>

beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())
beforeEach(async () => {
  library = openLibrary({ store: await openStore({ path: ':memory:' }), keepCalls: true })
  app = {
    library: () => Promise.resolve(library),
    sandbox: () => Promise.resolve(opened.sandbox),
    config: loadConfig({ environment: { HANDAXE_HOME: '/nowhere' }, workingFolder: '/nowhere' }),
  }
})

const save = async (code: string, changes: Partial<NewTool> = {}): Promise<number> => {
  const inputSchema = {
    type: 'object',
    properties: { values: { type: 'array', items: { type: 'number' } } },
    required: ['values'],
  }
  const { version } = await library.save(newTool('value_range', { code, tests: TESTS, inputSchema, ...changes }))
  return version
}
const keep = async (inputHash: string, values: number[], value: number): Promise<void> => {
  await library.recordUse(sampleUse('value_range', { inputHash, call: { arguments: { values }, value } }))
}

describe('a version that is to take the place of another', () => {
  test('is verified where it passes the tests of both and gives the past values again', SLOW, async () => {
    await save(GOOD)
    await keep('a', [2, 8], 6)
    await keep('b', [-3], 0)
    const code = codeOf('ordered = sorted(values)\n    return ordered[-1] - ordered[0]')
    await save(code, { state: 'candidate', tests: FEWER })
    const found = await verifyVersion(app, { name: 'value_range' })
    expect(found).toMatchObject({
      version: 2,
      accepted: true,
      previousState: 'candidate',
      state: 'verified',
      reason: 'passed its 3 tests and those of version 1 and gave 2 of its past values again',
      succession: { predecessor: 1, differences: [], tests: [{ failure: null }] },
    })
    expect((await library.get('value_range')).version).toBe(2)
    // The next version is held against the same calls.
    expect((await library.keptCalls('value_range', 2)).map(({ value }) => value)).toEqual([0, 6])
  })

  test('stays a candidate where a past call gives something else, until a person accepts it', SLOW, async () => {
    await save(GOOD)
    await keep('b', [-3], 0)
    await save(SUBTLY_WRONG, { state: 'candidate' })
    const found = await verifyVersion(app, { name: 'value_range' })
    expect(found).toMatchObject({ accepted: false, state: 'candidate' })
    expect(found.succession?.differences).toEqual(['The call {"values":[-3]} of 2026-02-01: expected 0, got -1'])
    expect((await library.get('value_range')).version).toBe(1)
    const accepted = await verifyVersion(app, { name: 'value_range', version: 2, acceptDifferences: true })
    expect(accepted).toMatchObject({ accepted: true, state: 'verified' })
    expect((await library.changes('value_range')).findLast(({ kind }) => kind === 'state')).toMatchObject({
      version: 2,
      by: 'person',
      reason:
        'passed its 4 tests; a person accepted what was held against it: The call {"values":[-3]} of 2026-02-01: expected 0, got -1',
    })
    // What it gives now is what the next one has to give.
    expect((await library.keptCalls('value_range', 2))[0]?.value).toBe(-1)
  })

  test(
    'stays what it is where it fails a test of the old one, does not take its arguments, or hangs',
    SLOW,
    async () => {
      await save(GOOD)
      await keep('a', [2, 8], 6)
      await save(codeOf('return max(numbers) - min(numbers)', 'numbers'), {
        state: 'candidate',
        tests: TESTS.map((test) =>
          test.kind === 'property' ? test : { ...test, arguments: { numbers: test.arguments['values'] ?? [] } },
        ),
        inputSchema: {
          type: 'object',
          properties: { numbers: { type: 'array', items: { type: 'number' } } },
          required: ['numbers'],
          additionalProperties: false,
        },
      })
      const found = await verifyVersion(app, { name: 'value_range' })
      expect(found.accepted).toBe(false)
      expect(found.succession?.differences).toHaveLength(5)
      expect(found.succession?.differences.at(-1)).toMatch(/does not take these arguments/)
      expect((await library.get('value_range', 2)).state).toBe('candidate')
    },
  )

  test('is refused where its own tests fail, and nobody can accept that', SLOW, async () => {
    await save(GOOD)
    await save(codeOf('return max(values)'), { state: 'candidate' })
    const found = await verifyVersion(app, { name: 'value_range', acceptDifferences: true })
    expect(found).toMatchObject({ accepted: false, state: 'candidate', succession: null })
    expect(found.reason).toContain('Test "three"')
  })

  test('that a reviewer rejected when it was made needs a person’s yes', SLOW, async () => {
    const review = { verdict: 'reject' as const, model: 'm', reasons: ['The docstring lies.'] }
    const at = '2026-01-01T00:00:00.000Z'
    const admission = { at, mutants: null, repeatedCalls: null, review, droppedTests: [], neighbours: [] }
    await save(GOOD, { state: 'candidate', admission })
    const found = await verifyVersion(app, { name: 'value_range' })
    expect(found).toMatchObject({
      accepted: false,
      state: 'candidate',
      objections: ['A reviewer rejected it: The docstring lies.'],
    })
    const accepted = await verifyVersion(app, { name: 'value_range', acceptDifferences: true })
    expect(accepted).toMatchObject({ accepted: true, state: 'verified' })
  })

  test('without tests is never verified', SLOW, async () => {
    await save(GOOD, { state: 'candidate', tests: [] })
    expect(await verifyVersion(app, { name: 'value_range' })).toMatchObject({
      accepted: false,
      reason: 'has no test that asserts anything',
    })
  })

  test('replaces a quarantined one after it passed what that one had to', SLOW, async () => {
    await save(SUBTLY_WRONG)
    await keep('a', [2, 8], 6)
    await library.setState('value_range', 1, 'quarantined', 'failed')
    await save(GOOD, { state: 'candidate' })
    const found = await verifyVersion(app, { name: 'value_range' })
    expect(found).toMatchObject({ accepted: true, succession: { predecessor: 1, differences: [] } })
    expect(await library.findUsable('value_range')).toMatchObject({ version: 2, state: 'verified' })
  })
})

describe('an edit', () => {
  test('of code and tests that pass becomes the current version', SLOW, async () => {
    await save(GOOD)
    const prepared = await prepareEdit(app, 'value_range')
    expect(prepared.codeFile).toBe('value_range.py')
    expect(JSON.parse(prepared.texts.tests)).toEqual(TESTS)
    const added: ToolTest = { name: 'equal', kind: 'example', arguments: { values: [2, 2] }, expected: 0 }
    const outcome = await saveEdit(app, prepared, {
      code: prepared.texts.code.replace('return max', 'return  max'),
      tests: JSON.stringify([...TESTS, added]),
    })
    expect(outcome).toMatchObject({ outcome: 'verified', basedOn: 1, version: 2, problems: [] })
    expect(outcome.difference).toContain('return  max')
    expect(await library.get('value_range')).toMatchObject({
      version: 2,
      state: 'verified',
      provenance: { source: 'edited', model: null, tokens: 0 },
    })
    expect((await library.changes('value_range')).at(-1)).toMatchObject({ kind: 'current', by: 'person' })
  })

  test('that takes a test of the old version away and breaks it is a candidate', SLOW, async () => {
    await save(GOOD)
    const prepared = await prepareEdit(app, 'value_range')
    const code = codeOf('return max(values) - min(values) if len(values) != 3 else 5.0')
    const outcome = await saveEdit(app, prepared, { code, tests: JSON.stringify(FEWER) })
    expect(outcome).toMatchObject({ outcome: 'candidate', version: 2 })
    expect(outcome.succession?.differences[0]).toMatch(/^Test "three" of version 1: expected 4, got 5/)
    expect((await library.get('value_range')).version).toBe(1)
  })

  test.each([
    ['nothing', (code: string) => code, JSON.stringify(TESTS, null, 2)],
    ['only the form of the tests', (code: string) => code, JSON.stringify(TESTS)],
  ])('that changes %s saves nothing', SLOW, async (_, change, tests) => {
    await save(GOOD)
    const prepared = await prepareEdit(app, 'value_range')
    expect(await saveEdit(app, prepared, { code: change(prepared.texts.code), tests })).toMatchObject({
      outcome: 'unchanged',
      version: null,
    })
    expect((await library.record('value_range')).versions).toHaveLength(1)
  })

  test.each([
    ['code that is no code', 'def value_range(:', JSON.stringify(TESTS), /./],
    ['empty code', '', JSON.stringify(TESTS), /./],
    [
      'another name',
      GOOD.replace('def value_range', 'def other'),
      JSON.stringify(TESTS),
      /has to be called value_range/,
    ],
    ['tests that are no JSON', GOOD, '[{]', /not valid JSON/],
    ['tests of an unknown kind', GOOD, '[{"name": "a", "kind": "hope"}]', /Test 1 cannot be taken/],
    ['tests that fail', GOOD.replace('max(values)', 'min(values)'), JSON.stringify(TESTS), /Test "three"/],
  ])('with %s is refused, and leaves everything as it was', SLOW, async (_, code, tests, problem) => {
    await save(GOOD)
    const outcome = await saveEdit(app, await prepareEdit(app, 'value_range'), { code, tests })
    expect(outcome.outcome).toBe('refused')
    expect(outcome.problems.join('\n')).toMatch(problem)
    expect((await library.record('value_range')).versions).toHaveLength(1)
  })
})

test('the tests of a version are run, and tell which of them fail', SLOW, async () => {
  await save(GOOD)
  await save(codeOf('return max(values)'), { state: 'candidate' })
  expect(await testTool(app, 'value_range')).toMatchObject({ version: 1, passed: 4, failed: 0 })
  const run = await testTool(app, 'value_range@2')
  expect(run).toMatchObject({ version: 2, passed: 1, failed: 3 })
  expect(run.results[0]?.failure).toContain('expected 4, got 5')
  await expect(testTool(app, 'nothing')).rejects.toMatchObject({ code: 'unknown_tool' })
})
