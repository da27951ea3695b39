import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ToolTest, ToolVersion } from '../../src/contracts/tool.ts'
import { openLibrary } from '../../src/library/open-library.ts'
import { openStore } from '../../src/store/open-store.ts'
import { sampleTool } from '../store/support/samples.ts'
import { createHome, runCli, type CliOutcome } from '../support/run-cli.ts'
import { rangeModule } from '../support/range-module.ts'
import { usePlainPython } from '../support/python.ts'

usePlainPython()

const CODE = rangeModule('return max(values) - min(values)')
const TESTS: ToolTest[] = [
  { name: 'three', kind: 'example', arguments: { values: [1, 5, 2] }, expected: 4 },
  { name: 'one', kind: 'example', arguments: { values: [3] }, expected: 0 },
  { name: 'negative', kind: 'example', arguments: { values: [-1.5, 2] }, expected: 3.5 },
  { name: 'none', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
]

let home: string
let folder: string
beforeEach(() => {
  home = createHome()
  folder = join(home, 'team')
})

const handaxe = (...args: string[]): Promise<CliOutcome> => runCli(home, args)

async function json<Value>(...args: string[]): Promise<Value> {
  const { stdout } = await handaxe(...args, '--json')
  return JSON.parse(stdout) as Value
}

const script = (): string => join(folder, 'value-range/scripts/value_range.py')
const edit = (from: string, to: string): void => {
  const text = readFileSync(script(), 'utf8')
  expect(text).toContain(from)
  writeFileSync(script(), text.replace(from, to))
}

function git(...args: string[]): string {
  const own = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', '-c', 'init.defaultBranch=main']
  const { status, stdout, stderr } = spawnSync('git', [...own, ...args], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

/** The library has the tool with its tests, and the folder its export. */
async function withTool(): Promise<void> {
  const store = await openStore({ path: join(home, 'handaxe.db') })
  const { pins: _pins, codeHash: _hash, ...tool } = sampleTool('value_range', { code: CODE, tests: TESTS })
  await openLibrary({ store }).save({ ...tool, summary: 'Difference between the largest and the smallest value.' })
  await store.close()
  const { exitCode, stderr } = await handaxe('tools', 'export', folder)
  expect(exitCode, stderr).toBe(0)
}

describe('handaxe tools import', () => {
  test('shows the code, says what is missing, and saves nothing without a yes', { timeout: 120_000 }, async () => {
    writeFileSync(join(home, 'value_range.py'), CODE.replace('"no values', '"no \u202evalues'))
    const hidden = await handaxe('tools', 'import', 'value_range.py')
    expect(hidden.exitCode).toBe(1)
    expect(hidden.stdout).toContain(String.raw`+        raise ValueError("no \u{202e}values")`)
    expect(hidden.stdout).not.toContain('\u202e')
    writeFileSync(join(home, 'value_range.py'), CODE)
    const asked = await handaxe('tools', 'import', 'value_range.py')
    expect(asked.exitCode).toBe(2)
    expect(asked.stdout).toContain('+    return max(values) - min(values)')
    expect(asked.stdout).toContain('1 as candidate, which runs do not use')
    expect(asked.stderr).toContain('--yes')
    expect(await json('tools', 'list')).toEqual([])
    const { saved, items } = await json<{ saved: boolean; items: object[] }>('tools', 'import', 'value_range.py', '-y')
    expect([saved, items]).toMatchObject([true, [{ name: 'value_range', state: 'candidate', version: 1 }]])
    const none = await handaxe('tools', 'import', 'nothing.py', '--yes')
    expect(none.exitCode).toBe(2)
    expect(none.stderr).toContain('is not there')
  })
})

describe('handaxe tools export', () => {
  test('refuses what would be lost, and leaves out requests', { timeout: 120_000 }, async () => {
    await withTool()
    for (const format of ['python', 'ai-sdk', 'bundle']) {
      const result = await json<{ format: string; rootHash: string }>(
        'tools',
        'export',
        '--format',
        format,
        `out-${format}`,
      )
      expect(result).toMatchObject({ format, tools: [{ name: 'value_range', version: 1 }] })
      expect(result.rootHash).toMatch(/^[0-9a-f]{64}$/)
    }
    mkdirSync(join(home, 'foreign/value-range'), { recursive: true })
    writeFileSync(join(home, 'foreign/value-range/SKILL.md'), 'mine')
    const refused = await handaxe('tools', 'export', 'foreign')
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('value-range/SKILL.md')
    expect(readFileSync(join(home, 'foreign/value-range/SKILL.md'), 'utf8')).toBe('mine')
    expect((await handaxe('tools', 'export', 'nobody', folder)).exitCode).toBe(2)
    expect((await handaxe('tools', 'export', '--omit-requests', 'value_range', 'bare')).exitCode).toBe(0)
    expect(readFileSync(join(home, 'bare/value-range/tool.json'), 'utf8')).toContain('"request": null')
  })
})

describe('handaxe tools sync', () => {
  test('takes over what was edited by hand and committed, once it is verified', { timeout: 180_000 }, async () => {
    await withTool()
    git('init')
    git('add', '-A')
    git('commit', '-m', 'tools')
    edit('max(values) - min(values)', 'float(max(values) - min(values))')
    git('commit', '-a', '-m', 'always a float')
    const shown = await handaxe('tools', 'sync', folder, '--dry-run')
    expect(shown.exitCode, shown.stderr).toBe(0)
    expect(shown.stdout).toContain('folder → library: value_range was changed in the folder')
    expect(shown.stdout).toContain('+    return float(max(values) - min(values))')
    expect(await json<ToolVersion>('tools', 'show', 'value_range')).toMatchObject({ version: 1 })
    const done = await handaxe('tools', 'sync', folder, '--yes')
    expect(done.exitCode, done.stderr).toBe(0)
    const tool = await json<ToolVersion>('tools', 'show', 'value_range')
    expect(tool).toMatchObject({ version: 2, state: 'verified', provenance: { source: 'edited' } })
    expect(tool.code).toContain('return float(')
    expect(await json('tools', 'run', 'value_range', '{"values": [1, 4]}')).toMatchObject({ value: 3, version: 2 })
    git('commit', '-a', '-m', 'its record')
    const again = await handaxe('tools', 'sync', folder)
    expect([again.exitCode, again.stdout]).toEqual([0, '1 tool of 1 the same in both.\n'])
    expect(git('status', '--porcelain')).toBe('')
  })

  test('refuses a broken edit with the test that fails, and the old version stays', { timeout: 180_000 }, async () => {
    await withTool()
    edit('max(values) - min(values)', 'max(values) + min(values)')
    const broken = readFileSync(script(), 'utf8')
    for (const option of ['--dry-run', '--yes']) {
      const { exitCode, stdout } = await handaxe('tools', 'sync', folder, option)
      expect(exitCode).toBe(1)
      expect(stdout).toMatch(/refused: value_range[\s\S]*Test "three"/)
    }
    expect(await json<ToolVersion>('tools', 'show', 'value_range')).toMatchObject({
      version: 1,
      state: 'verified',
      code: CODE,
    })
    expect(readFileSync(script(), 'utf8')).toBe(broken)
    edit('max(values) + min(values)', 'max(values) - min(values)')
    expect((await handaxe('tools', 'sync', folder)).exitCode).toBe(0)
  })

  test('names what both changed, and overwrites nothing without a preference', { timeout: 180_000 }, async () => {
    await withTool()
    writeFileSync(join(home, 'value_range.py'), CODE.replace('"no values"', '"there are no values"'))
    expect((await handaxe('tools', 'import', 'value_range.py', '--yes')).exitCode).toBe(0)
    edit('no values"', 'nothing is there"')
    const mine = readFileSync(script(), 'utf8')
    const conflict = await handaxe('tools', 'sync', folder, '--yes')
    expect(conflict.exitCode).toBe(1)
    expect(conflict.stdout).toContain('conflict: value_range was changed in the folder and in the library')
    expect(readFileSync(script(), 'utf8')).toBe(mine)
    expect(await json('tools', 'show', 'value_range')).toMatchObject({ version: 2 })
    expect((await handaxe('tools', 'sync', folder, '--prefer', 'folder', '--yes')).exitCode).toBe(0)
    expect(await json('tools', 'show', 'value_range')).toMatchObject({ version: 3, state: 'verified', code: mine })
    edit('nothing is there', 'lost')
    await handaxe('tools', 'import', 'value_range.py', '--yes')
    expect((await handaxe('tools', 'sync', folder, '--prefer', 'library', '--yes')).exitCode).toBe(0)
    expect(readFileSync(script(), 'utf8')).toContain('there are no values')
    expect((await handaxe('tools', 'sync', folder)).stdout).toBe('1 tool of 1 the same in both.\n')
  })

  test(
    'gives a colleague the tools under their own numbers, and no commit of nothing',
    { timeout: 180_000 },
    async () => {
      await withTool()
      git('init')
      git('add', '-A')
      git('commit', '-m', 'tools')
      const other = createHome()
      const taken = await runCli(other, ['tools', 'sync', folder, '--yes'])
      expect(taken.exitCode, taken.stderr).toBe(0)
      const { stdout } = await runCli(other, ['tools', 'show', 'value_range', '--json'])
      expect(JSON.parse(stdout)).toMatchObject({ version: 1, state: 'verified', code: CODE })
      git('commit', '-a', '-m', 'record', '--allow-empty')
      for (const one of [home, other]) {
        expect((await runCli(one, ['tools', 'sync', folder, '--yes'])).stdout).toBe('1 tool of 1 the same in both.\n')
      }
      expect(git('status', '--porcelain')).toBe('')
    },
  )

  test('retires a tool whose folder was removed', { timeout: 180_000 }, async () => {
    await withTool()
    writeFileSync(join(home, 'one.py'), CODE.replaceAll('value_range', 'spread'))
    await handaxe('tools', 'import', 'one.py', '--yes')
    expect((await handaxe('tools', 'sync', folder, '--yes')).exitCode).toBe(0)
    rmSync(join(folder, 'value-range'), { recursive: true })
    const { exitCode, stdout } = await handaxe('tools', 'sync', folder, '--yes')
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('retired in the library: value_range')])
    expect(await json('tools', 'show', 'value_range')).toMatchObject({ state: 'retired' })
    expect(await json('tools', 'search', 'range of values')).toEqual([])
    expect((await handaxe('tools', 'sync', folder)).stdout).toBe('1 tool of 1 the same in both.\n')
  })
})
