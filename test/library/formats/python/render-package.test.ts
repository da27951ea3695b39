import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { ToolVersion } from '../../../../src/contracts/tool.ts'
import { exportTools } from '../../../../src/library/formats/export-tools.ts'
import { borrowTestSandbox, type TestSandbox } from '../../../support/open-test-sandbox.ts'
import { runInFolder, type CommandOutput } from '../support/run-folder.ts'
import { readFiles, temporaryFolder } from '../support/temporary-folder.ts'
import { ALL_TOOLS, makeTool, MEAN, RETURN_RATE } from '../support/tools.ts'
import { downloadWheel } from '../support/wheel.ts'

const opened: TestSandbox = await borrowTestSandbox()
afterAll(() => opened.close())

const probe = await opened.sandbox.execute({
  language: 'python',
  code: `
import importlib.util
names = ["pip", "setuptools", "pytest", "venv", "wheel", "setuptools.command.bdist_wheel"]
result([name for name in names if importlib.util.find_spec(name) is None])
`,
})
const lacking = probe.value as string[]
const wheel =
  lacking.includes('wheel') && lacking.includes('setuptools.command.bdist_wheel') ? await downloadWheel() : 'not needed'
const missing = [
  ...lacking.filter((name) => !name.includes('wheel')),
  ...(wheel === null ? ['wheel, and PyPI cannot be reached'] : []),
]

// Plugins of the machine's pytest have no part in this, and take seconds to load.
const PYTEST = ['/usr/bin/env', 'PYTEST_DISABLE_PLUGIN_AUTOLOAD=1', 'PYTHONDONTWRITEBYTECODE=1']
const QUIET = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider']

async function exportPackage(tools: readonly ToolVersion[], packageName: string): Promise<string> {
  const folder = join(await temporaryFolder(), 'package')
  await exportTools(tools, { format: 'python', folder, packageName })
  return folder
}

/** Into a fresh environment, without the network; the tests run where the sources are not. */
async function installAndTest(tools: readonly ToolVersion[]): Promise<CommandOutput[]> {
  const python = '/tmp/venv/bin/python'
  const pip = [
    '-m',
    'pip',
    'install',
    '--no-index',
    '--no-build-isolation',
    '--no-deps',
    '--quiet',
    '--disable-pip-version-check',
  ]
  const inputs = wheel === null || wheel === 'not needed' ? [] : [wheel]
  // A wheel is an archive that Python can import from.
  const environment = inputs.map(({ name }) => `PYTHONPATH=/box/input/${name}`)
  return runInFolder(opened.sandbox, await exportPackage(tools, 'team_tools'), {
    language: 'python',
    inputs,
    commands: [
      { command: ['$0', '-m', 'venv', '--system-site-packages', '--without-pip', '/tmp/venv'] },
      { command: ['/usr/bin/env', ...environment, python, ...pip, '/tmp/folder'] },
      { command: ['/bin/sh', '-c', 'rm -r /tmp/folder/src && rm /tmp/folder/pyproject.toml'] },
      { command: [python, '-c', 'import team_tools; print(team_tools.__file__, sorted(team_tools.__all__))'] },
      { command: [...PYTEST, python, ...QUIET, '/tmp/folder/tests'] },
    ],
  })
}

async function testInPlace(tools: readonly ToolVersion[]): Promise<CommandOutput> {
  const folder = await exportPackage(tools, 'handaxe_tools')
  const command = [...PYTEST, '$0', ...QUIET]
  const [output] = await runInFolder(opened.sandbox, folder, { language: 'python', commands: [{ command }] })
  if (output === undefined) throw new Error('The command gave no output')
  return output
}

const lacks = missing.length === 0 ? '' : ` (skipped: the sandbox's Python lacks ${missing.join(', ')})`

describe.skipIf(missing.length > 0)(`the package in the sandbox${lacks}`, () => {
  test('installs with pip, and its tests pass against what was installed', { timeout: 120_000 }, async () => {
    const tagged = makeTool({
      name: 'match',
      code: 'import tools\n\n\nasync def match(blob: bytes, big: int) -> dict:\n    """x"""\n    return {"size": len(blob), "big": big, "mean": tools.weighted_mean([1], [1]), "é": {"a", "b"}}\n',
      pins: [{ name: 'weighted_mean', version: 3 }],
      tests: [
        {
          name: 'bytes & große Zahlen "²" \n # """',
          kind: 'example',
          arguments: { blob: { $bytes: 'aGVsbG8=' }, big: { $number: '9007199254740993' } },
          expected: { size: 5, big: { $number: '9007199254740993' }, mean: 1, é: ['a', 'b'] },
        },
        { name: '', kind: 'error', arguments: { 'no identifier': 1, class: 2 }, raises: 'TypeError' },
      ],
    })
    const outputs = await installAndTest([...ALL_TOOLS, tagged])
    const last = outputs.at(-1)
    expect(outputs.map(({ stderr }) => stderr)).toEqual(['', '', '', '', ''])
    expect(outputs[3]?.stdout).toMatch(/^\/tmp\/venv\/.*\['match', 'portfolio_return', 'weighted_mean'\]/)
    expect(last?.stdout).toContain('8 passed')
    expect(last?.exitCode).toBe(0)
  })

  test('its tests fail where a tool is wrong: values, errors, and errors of broken code', async () => {
    const wrong = makeTool({ ...MEAN, code: MEAN.code.replace(') / total', ') / len(values)') })
    const silent = makeTool({
      name: 'silent',
      code: 'def silent(kind: str) -> int:\n    """x"""\n    return misspelt if kind == "broken" else 1\n',
      tests: [
        { name: 'raises', kind: 'error', arguments: { kind: 'fine' } },
        { name: 'raises an error of its own', kind: 'error', arguments: { kind: 'broken' } },
        { name: 'counts exactly', kind: 'example', arguments: { kind: 'fine' }, expected: 2 },
      ],
    })
    const { exitCode, stdout: report } = await testInPlace([wrong, silent])
    expect(exitCode).toBe(1)
    expect(report).toContain('at value: expected 22.5, got 30.0')
    expect(report).toContain('expected an error, but it gave a value')
    expect(report).toContain('the code is broken: NameError')
    expect(report).toContain('5 failed, 3 passed')
  })

  test('two versions of a tool live side by side', async () => {
    const newer = makeTool({ ...MEAN, version: 4, code: MEAN.code.replace('/ total', '/ total * 1000'), tests: [] })
    expect((await testInPlace([newer, RETURN_RATE, MEAN])).stdout).toContain('1 passed')
    const without = makeTool({ ...RETURN_RATE, pins: [{ name: 'weighted_mean', version: 4 }] })
    expect((await testInPlace([newer, without])).stdout).toContain('1 failed')
  })
})

describe('the files of the package', () => {
  test('what it needs is required by the name of the distribution, and never guessed', async () => {
    const folder = await temporaryFolder()
    const tool = makeTool({ ...MEAN, imports: ['math', 'yaml', 'numpy', 'sklearn', 'acme_internal', '__proto__'] })
    const { notes } = await exportTools([tool], { format: 'python', folder })
    const project = (await readFiles(folder))['pyproject.toml']
    expect(project).toContain('dependencies = [\n    "PyYAML",\n    "numpy",\n    "scikit-learn",\n]')
    expect(project).not.toContain('acme')
    expect(notes).toEqual([expect.stringContaining('acme_internal')])
  })

  test('a tool without tests that pytest could run has no test file', async () => {
    const folder = await temporaryFolder()
    const property = MEAN.tests.filter(({ kind }) => kind === 'property')
    await exportTools([makeTool({ ...MEAN, tests: property })], { format: 'python', folder })
    expect(Object.keys(await readFiles(folder)).filter((path) => path.startsWith('tests/'))).toEqual([])
  })

  test('hostile tests stay data', async () => {
    const folder = await temporaryFolder()
    const name = `"""\nimport os\nos.system("id")\n#`
    const tests = [
      { name, kind: 'example' as const, arguments: { x: '"); import os; ("' }, expected: "'''\\" },
      { name, kind: 'error' as const, arguments: {}, raises: '"):\n        pass\nimport os  #' },
    ]
    await exportTools([makeTool({ name: 'hostile', code: 'def hostile(x): ...\n', tests })], {
      format: 'python',
      folder,
    })
    const text = (await readFiles(folder))['tests/test_hostile.py'] ?? ''
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith(' '))
    expect(lines).toEqual([
      '"""Tests of hostile, written from tools.json: change them there."""',
      'from comparison import assert_agrees, call, raises',
      'from handaxe_tools.hostile import hostile',
      'def test_import_os_os_system_id():',
      'def test_import_os_os_system_id_2():',
    ])
    expect(text).toContain(String.raw`raises("\"):\n        pass\nimport os  #")`)
  })
})
