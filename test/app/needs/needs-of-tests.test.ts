import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/app/config.ts'
import { exportLibrary } from '../../../src/app/exchange/export-library.ts'
import { planImport } from '../../../src/app/exchange/plan-import.ts'
import { prepareEdit, saveEdit } from '../../../src/app/life/edit-tool.ts'
import { testTool } from '../../../src/app/life/test-tool.ts'
import { verifyVersion } from '../../../src/app/life/verify-version.ts'
import type { App } from '../../../src/app/open-app.ts'
import { applyTidy } from '../../../src/app/tidy/apply-tidy.ts'
import { planTidy } from '../../../src/app/tidy/plan-tidy.ts'
import type { Library } from '../../../src/contracts/library.ts'
import type { ToolLanguage } from '../../../src/contracts/sandbox.ts'
import { NO_NEEDS, type NewTool, type ToolNeeds, type ToolTest } from '../../../src/contracts/tool.ts'
import { describeSpecification } from '../../../src/library/describe-specification.ts'
import { readSignature } from '../../../src/library/read-signature.ts'
import { createEnvironment } from '../../../src/sandbox/environments/create-environment.ts'
import { admit } from '../../admission/run-admission.ts'
import { newTool, openTestLibrary } from '../../library/support/library.ts'
import { openLocalNpmRegistry, type LocalRegistry } from '../../sandbox/environments/support/local-npm-registry.ts'
import { openLocalPythonIndex, type LocalIndex } from '../../sandbox/environments/support/local-python-index.ts'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { findPython } from '../../support/python.ts'

const SLOW = { timeout: 240_000 }

let scratch: string
let index: LocalIndex
let registry: LocalRegistry
let opened: TestSandbox
let library: Library
let app: Pick<App, 'library' | 'sandbox' | 'config'>

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'handaxe-needs-'))
  index = await openLocalPythonIndex([
    { name: 'scaling', version: '1.0', files: { 'scaling.py': 'def double(value):\n    return 2 * value\n' } },
  ])
  registry = await openLocalNpmRegistry([
    { name: 'scaling', version: '1.0.0', files: { 'index.js': 'exports.double = (value) => 2 * value' } },
  ])
  const folder = join(scratch, 'environments')
  const made = { python: index.environment, javascript: registry.environment }
  for (const [language, environment] of Object.entries(made)) {
    await createEnvironment({
      name: `for-${language}`,
      language,
      packages: ['scaling'],
      folder,
      pythonPath: findPython() ?? '/usr/bin/python3',
      environment: { ...process.env, ...environment },
    } as Parameters<typeof createEnvironment>[0])
  }
  opened = await openTestSandbox({ environmentsFolder: folder })
}, 240_000)
afterAll(async () => {
  await opened.close()
  await index.close()
  await registry.close()
  await rm(scratch, { recursive: true, force: true })
})
beforeEach(async () => {
  library = (await openTestLibrary()).library
  app = {
    library: () => Promise.resolve(library),
    sandbox: () => Promise.resolve(opened.sandbox),
    config: loadConfig({ environment: { HANDAXE_HOME: '/nowhere' }, workingFolder: '/nowhere' }),
  }
})

const PYTHON = `import scaling


def double_all(values: list[float]) -> list[float]:
    """Every value doubled.

    Args:
        values: The numbers.

    Returns:
        The doubled numbers, in their order.
    """
    return [scaling.double(value) for value in values]
`

/** The same without the package, under another name. */
const PLAIN = PYTHON.replace('import scaling\n\n\n', '')
  .replace('double_all', 'twice_each')
  .replace('scaling.double(value)', 'value + value')

const JAVASCRIPT = `import { double } from 'scaling'

export const tool = {
  name: 'double_all',
  description: 'Every value doubled.',
  inputSchema: {
    type: 'object',
    properties: { values: { type: 'array', items: { type: 'number' }, description: 'The numbers.' } },
    required: ['values'],
  },
  outputSchema: { type: 'array', items: { type: 'number' } },
}

export default function doubleAll({ values }) {
  return values.map((value) => double(value))
}
`

const CODES: Record<ToolLanguage, string> = { python: PYTHON, javascript: JAVASCRIPT }

const TESTS: ToolTest[] = [
  { name: 'three', kind: 'example', arguments: { values: [1, 5, -2] }, expected: [2, 10, -4] },
  { name: 'one', kind: 'example', arguments: { values: [3] }, expected: [6] },
  { name: 'none', kind: 'example', arguments: { values: [] }, expected: [] },
]

const needsOf = (language: ToolLanguage): ToolNeeds => ({
  ...NO_NEEDS,
  packages: ['scaling'],
  environment: `for-${language}`,
})

async function describeTool(
  language: ToolLanguage,
  code: string,
  needs: ToolNeeds,
  state: NewTool['state'] = 'verified',
): Promise<NewTool> {
  const reading = await readSignature(opened.sandbox, { language, code }, { environment: needs.environment })
  if ('problems' in reading) throw new Error(reading.problems.join(' '))
  const { name, ...signature } = reading.signature
  return newTool(name, { ...signature, code, tests: TESTS, needs, state })
}

describe.each(['python', 'javascript'] as const)(
  'the tests of a %s tool with packages of an environment',
  (language) => {
    test('run in that environment, and so does all that verifies it', SLOW, async () => {
      const tool = await describeTool(language, CODES[language], needsOf(language), 'candidate')
      await library.save(tool)
      expect(await testTool(app, 'double_all@1')).toMatchObject({ passed: 3, failed: 0 })
      const verified = await verifyVersion(app, { name: 'double_all' })
      expect(verified.verification.problems).toEqual([])
      expect(verified).toMatchObject({ accepted: true, state: 'verified' })
      expect(verified.verification.admission.mutants?.tried).toBeGreaterThan(0)
    })

    test('fail where its version names none: nothing is given that is not asked for', SLOW, async () => {
      await library.save(await describeTool(language, CODES[language], needsOf(language)))
      const before = await library.get('double_all')
      await library.save({ ...before, code: `${before.code}\n`, needs: { ...before.needs, environment: null } })
      const run = await testTool(app, 'double_all@2')
      expect(run).toMatchObject({ passed: 0, failed: 3 })
      expect(run.results[0]?.failure).toMatch(/ModuleNotFoundError|ERR_MODULE_NOT_FOUND|Cannot find package/)
    })

    test('pass when it is imported, where this machine has the environment that it names', SLOW, async () => {
      await library.save(await describeTool(language, CODES[language], needsOf(language)))
      const target = join(scratch, `exported-${language}`)
      await exportLibrary(app, { format: 'skill', folder: target })
      const other = { ...app, library: async () => (await openTestLibrary()).library }
      const { items, pending } = await planImport(other, [target])
      expect(items[0]).toMatchObject({ outcome: 'new', state: 'verified', problems: [], tests: { passed: 3 } })
      expect(items[0]?.notes.join(' ')).toContain(`for-${language}`)
      expect(pending[0]?.tool?.needs).toEqual(needsOf(language))
    })

    test('pass after an edit, in the same environment', SLOW, async () => {
      await library.save(await describeTool(language, CODES[language], needsOf(language)))
      const prepared = await prepareEdit(app, 'double_all')
      const { code, tests } = prepared.texts
      const outcome = await saveEdit(app, prepared, { code: code.replace('The numbers.', 'Any numbers.'), tests })
      expect(outcome).toMatchObject({ outcome: 'verified', problems: [] })
      expect((await library.get('double_all')).needs).toEqual(needsOf(language))
    })
  },
)

test('admission makes all its checks with the packages of the tool', SLOW, async () => {
  const { code, tests, needs = NO_NEEDS } = await describeTool('python', PYTHON, needsOf('python'))
  const reading = await readSignature(opened.sandbox, { language: 'python', code }, needs)
  if ('problems' in reading) throw new Error(reading.problems.join(' '))
  const { signature } = reading
  const program = 'from tools import double_all\nimport scaling\nresult(double_all([7]) == [scaling.double(7)])\n'
  const admission = await admit(
    opened.sandbox,
    {
      tool: { code, signature, tools: [], needs },
      specification: describeSpecification(signature, { whenToUse: '', exampleRequests: [] }),
      tests: [...tests, { name: 'as the package does', kind: 'property', program }],
    },
    { mutants: { limit: 4, wallMs: 60_000 } },
  )
  expect(admission.findings).toEqual([])
  expect(admission.decision).toBe('admit')
  expect(admission.record.repeatedCalls).toBeGreaterThan(3)
})

test(
  'tidy compares a tool with packages and one without, each with its own, and the alias has what it calls',
  SLOW,
  async () => {
    await library.save({ ...(await describeTool('python', PYTHON, needsOf('python'))), state: 'trusted' })
    await library.save(await describeTool('python', PLAIN, NO_NEEDS))
    const plan = await planTidy(app)
    expect(plan.clusters).toMatchObject([{ keep: { name: 'double_all' }, others: [{ name: 'twice_each' }] }])
    await applyTidy(app, plan)
    expect(plan.clusters[0]?.others[0]).toMatchObject({ problem: null, alias: 2 })
    expect((await library.get('twice_each', 2)).needs.environment).toBe('for-python')
    expect(await testTool(app, 'twice_each@2')).toMatchObject({ passed: 3, failed: 0 })
  },
)
