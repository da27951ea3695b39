import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLibrary } from '../../src/library/open-library.ts'
import { openStore } from '../../src/store/open-store.ts'
import { newTool } from '../library/support/library.ts'
import { pythonReply, scriptReplies } from '../support/model-replies.ts'
import { RANGE_MODULE_INPUT, RANGE_MODULE_TESTS, rangeModule } from '../support/range-module.ts'
import { createHome, runCli, type CliOutcome } from '../support/run-cli.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

const SLOW = { timeout: 240_000 }

const GOOD = rangeModule('return max(values) - min(values)')
let home: string
let server: ScriptedServer

beforeEach(async () => {
  home = createHome()
  server = await startScriptedServer(scriptReplies({ code: [pythonReply(GOOD)] }))
  const prices = { 'openai/scripted': { inputUsd: 1, outputUsd: 4, date: '2026-01-01' } }
  writeFileSync(join(home, 'config.json'), JSON.stringify({ prices }))
  const store = await openStore({ path: join(home, 'handaxe.db') })
  const library = openLibrary({ store })
  await library.save(
    newTool('value_range', {
      code: rangeModule('return max(values)'),
      tests: RANGE_MODULE_TESTS,
      inputSchema: RANGE_MODULE_INPUT,
    }),
  )
  await library.setState('value_range', 1, 'quarantined', 'failed 3 times in a row')
  await store.close()
})
afterEach(() => server.close())

const handaxe = (...args: string[]): Promise<CliOutcome> =>
  runCli(home, args, { environment: { OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: server.baseUrl } })

test(
  'handaxe tools repair has the next version written, and says what became of it and what it cost',
  SLOW,
  async () => {
    const outcome = await handaxe('tools', 'repair', 'value_range', '-m', 'openai/scripted', '--json')
    expect(outcome.exitCode, outcome.stderr).toBe(0)
    const report = JSON.parse(outcome.stdout) as Record<string, unknown>
    expect(report).toMatchObject({ status: 'succeeded', made: [{ name: 'value_range', version: 2, saved: true }] })
    expect(report['costUsd']).toBeGreaterThan(0)
    expect(outcome.stderr).toContain('✗ three: expected 4, got 5')
    expect(outcome.stderr).toContain('+ value_range v2 kept in the library')

    const history = await handaxe('tools', 'history', 'value_range')
    expect(history.stdout).toMatch(/repairs version 1: passed its 4 tests/)
    const shown = JSON.parse((await handaxe('tools', 'show', 'value_range', '--json')).stdout) as object
    expect(shown).toMatchObject({ version: 2, state: 'verified', provenance: { costUsd: report['costUsd'] } })
    const run = await handaxe('runs', 'show', 'last')
    expect(run.stdout + run.stderr).toContain('Repair the tool value_range')

    // Nothing is wrong with it any more.
    const again = await handaxe('tools', 'repair', 'value_range', '-m', 'openai/scripted')
    expect(again.exitCode).toBe(1)
    expect(again.stderr).toContain('--reason')
  },
)

test('handaxe tools repair ends where the money does, and for a tool that is not there', SLOW, async () => {
  const poor = await handaxe('tools', 'repair', 'value_range', '-m', 'openai/scripted', '--max-cost-usd', '0.000001')
  expect(poor.exitCode, poor.stderr).toBe(5)
  const { length } = server.requests
  const unknown = await handaxe('tools', 'repair', 'value_rang', '-m', 'openai/scripted')
  expect(unknown.exitCode).toBe(2)
  expect(unknown.stderr).toContain('value_range')
  expect(server.requests).toHaveLength(length)
  const runs = JSON.parse((await handaxe('runs', 'list', '--json')).stdout) as object[]
  expect(runs).toHaveLength(1)
})
