import { spawn } from 'node:child_process'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { openLibrary } from '../../src/library/open-library.ts'
import { openStore } from '../../src/store/open-store.ts'
import { sampleTool } from '../store/support/samples.ts'
import { findPython } from '../support/python.ts'
import { RANGE_MODULE_TESTS, rangeModule } from '../support/range-module.ts'
import { createHome, runCli, type CliOutcome } from '../support/run-cli.ts'
import { usePlainPython } from '../support/python.ts'

usePlainPython()

const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')

const SLOW = { timeout: 240_000 }

let home: string
beforeEach(() => {
  home = createHome()
})

const handaxe = (...args: string[]): Promise<CliOutcome> => runCli(home, args)

async function json<Value>(...args: string[]): Promise<Value> {
  const { stdout, stderr } = await handaxe(...args, '--json')
  expect(stdout, stderr).not.toBe('')
  return JSON.parse(stdout) as Value
}

/** The library has the tool in these versions. */
async function withTool(...bodies: string[]): Promise<void> {
  const store = await openStore({ path: join(home, 'handaxe.db') })
  for (const body of bodies) {
    const {
      pins: _pins,
      codeHash: _hash,
      ...tool
    } = sampleTool('value_range', { code: rangeModule(body), tests: RANGE_MODULE_TESTS })
    await openLibrary({ store }).save({ ...tool, summary: 'Difference between the largest and the smallest value.' })
  }
  await store.close()
}

const RIGHT = 'return max(values) - min(values)'

/** Runs the command in a terminal of its own: `/dev/tty` and all. Output comes as the terminal shows it. */
function inTerminal(args: string[], environment: Record<string, string>): Promise<{ exitCode: number; shown: string }> {
  const relay = 'import os, pty, sys\nsys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))'
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', main]
  const child = spawn(findPython() ?? 'python3', ['-c', relay, ...node, ...args], {
    cwd: home,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: home,
      HANDAXE_HOME: home,
      HANDAXE_PYTHON: findPython() ?? '',
      TMPDIR: home,
      NO_COLOR: '1',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (shown += text))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ exitCode: code ?? -1, shown }))
  })
}

/** An editor that does what the script says: `$1` is the code, `$2` the tests. */
function scriptedEditor(script: string): string {
  const path = join(home, 'my editor.sh')
  writeFileSync(path, `#!/bin/sh\n${script}\n`)
  chmodSync(path, 0o755)
  return `'${path}'`
}

describe('handaxe tools edit', () => {
  test('saves what the editor made of it, verified, and shows the difference', SLOW, async () => {
    await withTool(RIGHT)
    const EDITOR = scriptedEditor('sed -i "s/max(values) - min(values)/max(values) - float(min(values))/" "$1"')
    const { exitCode, shown } = await inTerminal(['tools', 'edit', 'value_range'], { EDITOR })
    expect(exitCode, shown).toBe(0)
    expect(shown).toContain('+    return max(values) - float(min(values))')
    expect(shown).toContain('value_range version 2 is verified')
    expect(await json('tools', 'show', 'value_range')).toMatchObject({
      version: 2,
      state: 'verified',
      provenance: { source: 'edited' },
      code: expect.stringContaining('float(min'),
    })
  })

  test.each([
    ['an editor that fails', 'echo broken >> "$1"; exit 3', /editor.*failed/s, 2],
    ['an editor that changes nothing', 'true', /Nothing was changed/, 0],
    ['an edit that is wrong', 'sed -i "s/max(/min(/" "$1"', /It was refused: value_range is as it was/, 1],
    ['tests that are no JSON any more', 'echo "]" >> "$2"', /not valid JSON/, 1],
  ])('%s leaves everything as it was', SLOW, async (_, script, message, code) => {
    await withTool(RIGHT)
    const { exitCode, shown } = await inTerminal(['tools', 'edit', 'value_range'], { VISUAL: scriptedEditor(script) })
    expect(shown).toMatch(message)
    expect(exitCode).toBe(code)
    expect((await json<{ versions: object[] }>('tools', 'history', 'value_range')).versions).toHaveLength(1)
    // What was refused is not lost.
    const kept = /--code (\S+)/.exec(shown)?.[1]
    expect(kept === undefined).toBe(code !== 1)
    if (kept !== undefined) expect(readFileSync(kept, 'utf8')).toContain('def value_range')
  })

  test('says what is missing: an editor, a terminal, a file, a tool', SLOW, async () => {
    await withTool(RIGHT)
    const noEditor = await inTerminal(['tools', 'edit', 'value_range'], {})
    expect(noEditor).toMatchObject({ exitCode: 2, shown: expect.stringContaining('EDITOR') })
    const noTerminal = await runCli(home, ['tools', 'edit', 'value_range'], { environment: { EDITOR: 'true' } })
    expect(noTerminal.exitCode).toBe(2)
    expect(noTerminal.stderr).toContain('--code FILE')
    expect((await handaxe('tools', 'edit', 'value_range', '--code', 'nothing.py')).stderr).toContain('nothing.py')
    expect((await handaxe('tools', 'edit', 'nothing', '--code', 'nothing.py')).exitCode).toBe(2)
  })

  test('without a terminal takes the files, and a candidate is used once it is accepted', SLOW, async () => {
    await withTool(RIGHT)
    writeFileSync(join(home, 'new.py'), rangeModule('return max(values) - min(values) if len(values) != 3 else 5.0'))
    writeFileSync(join(home, 'tests.json'), JSON.stringify(RANGE_MODULE_TESTS.slice(1)))
    const files = ['--code', 'new.py', '--tests', 'tests.json']
    const edited = await handaxe('tools', 'edit', 'value_range', ...files)
    expect(edited.exitCode).toBe(1)
    expect(edited.stderr).toContain('Test "three" of version 1: expected 4, got 5')
    expect(await json('tools', 'list')).toMatchObject([{ version: 1, newestVersion: 2 }])
    const verified = await json('tools', 'verify', 'value_range')
    expect(verified).toMatchObject({ version: 2, accepted: false, state: 'candidate' })
    const accepted = await handaxe('tools', 'verify', 'value_range@2', '--accept')
    expect(accepted.exitCode, accepted.stderr).toBe(0)
    expect(await json('tools', 'list')).toMatchObject([{ version: 2, state: 'verified' }])
  })
})

describe('handaxe tools test', () => {
  test('shows a table, and ends with 1 where a test fails or there is none', SLOW, async () => {
    await withTool(RIGHT, 'return max(values)')
    const good = await handaxe('tools', 'test', 'value_range@1')
    expect(good.exitCode, good.stderr).toBe(0)
    expect(good.stdout.match(/^passed /gm)).toHaveLength(4)
    const bad = await handaxe('tools', 'test', 'value_range')
    expect(bad.exitCode).toBe(1)
    expect(bad.stdout).toMatch(/^FAILED {3}example {2}three +.*expected 4, got 5/m)
    expect(await json('tools', 'test', 'value_range')).toMatchObject({
      version: 2,
      passed: 1,
      failed: 3,
      results: [{ test: 'three', kind: 'example', failure: expect.stringContaining('got 5') }, {}, {}, {}],
    })
    expect((await handaxe('tools', 'test', 'nothing')).exitCode).toBe(2)
  })
})

describe('people', () => {
  test('roll back, pin, disable, annotate and retire; every change is in the history', SLOW, async () => {
    await withTool(RIGHT, 'return float(max(values) - min(values))')
    const say = async (...args: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await handaxe('tools', ...args)
      expect(exitCode, stderr).toBe(0)
      return `${stdout}${stderr}`
    }
    expect(await say('rollback', 'value_range', '--reason', 'too slow')).toContain('version 1 is the current one')
    expect(await json('tools', 'list')).toMatchObject([{ version: 1, newestVersion: 2 }])
    expect(await say('pin', 'value_range')).toContain('version 1 is pinned')
    const refused = await handaxe('tools', 'rollback', 'value_range', '2')
    expect(refused.exitCode).toBe(1)
    expect(refused.stderr).toContain('handaxe tools unpin value_range')
    expect(await say('unpin', 'value_range')).toContain('unpinned')
    expect(await say('disable', 'value_range', '--reason', 'leaks')).toContain('disabled: leaks')
    expect(await say('search', 'largest and smallest value')).toContain('None fits')
    const run = await handaxe('tools', 'run', 'value_range', '{"values": [1, 2]}')
    expect(run.exitCode).toBe(2)
    expect(run.stderr).toContain('handaxe tools enable value_range')
    expect(await say('enable', 'value_range')).toContain('enabled')
    expect(await say('annotate', 'value_range', 'see', 'the', 'handbook')).toContain('see the handbook')
    expect(await say('list')).toMatch(/v1 of 2.*\[see the handbook\]/)
    expect(await say('show', 'value_range')).toMatch(/note: see the handbook/)
    expect(await say('retire', 'value_range@2')).toContain('Nothing was changed')
    expect(await say('rollback', 'value_range', '2')).toContain('version 2 is verified: brought back')
    expect(await say('history', 'value_range')).toMatch(/rolled back to version 1: too slow/)
    const { changes } = await json<{ changes: { kind: string; by: string }[] }>('tools', 'history', 'value_range')
    expect(changes.filter(({ by }) => by === 'person').map(({ kind }) => kind)).toEqual([
      'state',
      'current',
      'pinned',
      'unpinned',
      'disabled',
      'enabled',
      'annotated',
      'state',
      'current',
    ])
  })

  test('read what tools cost and saved; nothing unused is retired unasked', SLOW, async () => {
    await withTool(RIGHT)
    expect((await handaxe('tools', 'run', 'value_range', '{"values": [1, 2]}')).exitCode).toBe(0)
    expect((await handaxe('tools', 'run', 'value_range', '{"values": []}')).exitCode).toBe(1)
    const statistics = await json('tools', 'stats', 'value_range')
    expect(statistics).toMatchObject({
      versions: [
        {
          name: 'value_range',
          uses: 2,
          successes: 1,
          failuresBy: { caller: 1, tool: 0 },
          causes: [{ cause: 'error: ValueError', fault: 'caller', count: 1 }],
          madeTokens: 1200,
          reusingRuns: 0,
          breakEvenRuns: null,
          paidForItself: false,
        },
      ],
      totals: { versions: 1, netTokens: -1200 },
    })
    const shown = await handaxe('tools', 'stats', 'value_range')
    expect(shown.stdout).toMatch(/value_range@1 +verified +2 +1 +1 \(1 caller\)/)
    expect(shown.stdout).toContain('error: ValueError')
    expect(await json('tools', 'retire', '--unused', '--yes')).toEqual({ retired: true, tools: [] })
    expect((await handaxe('tools', 'retire')).exitCode).toBe(2)
    expect((await handaxe('tools', 'stats', 'nothing')).exitCode).toBe(2)
  })

  test('agree to keep calls, and have them deleted', SLOW, async () => {
    await withTool(RIGHT)
    const call = async (values: number[]): Promise<void> => {
      const { exitCode, stderr } = await handaxe('tools', 'run', 'value_range', JSON.stringify({ values }))
      expect(exitCode, stderr).toBe(0)
    }
    await call([1, 2])
    expect(await json('tools', 'forget', '--yes')).toEqual({ name: null, forgotten: 0 })
    writeFileSync(join(home, 'config.json'), '{"keepCalls": true}')
    await call([1, 2])
    await call([1, 2])
    await call([3, 9])
    const unasked = await handaxe('tools', 'forget', 'value_range')
    expect(unasked.exitCode).toBe(2)
    expect(unasked.stderr).toContain('--yes')
    expect(await json('tools', 'forget', 'value_range', '--yes')).toEqual({ name: 'value_range', forgotten: 2 })
  })
})
