import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ToolTest } from '../../src/contracts/tool.ts'
import { openLibrary } from '../../src/library/open-library.ts'
import { openStore } from '../../src/store/open-store.ts'
import { newTool } from '../library/support/library.ts'
import { pythonReply, scriptReplies } from '../support/model-replies.ts'
import { createHome, runCli, type CliOutcome } from '../support/run-cli.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

const SLOW = { timeout: 240_000 }

function codeOf(body: string): string {
  return `def value_range(values: list[float]) -> float:
    """Difference between the largest and the smallest value.

    Args:
        values: The numbers.

    Returns:
        The range.

    Raises:
        ValueError: If there are no values.
    """
    if not values:
        raise ValueError("no values")
    ${body}
`
}

const GOOD = codeOf('return max(values) - min(values)')
const TESTS: ToolTest[] = [
  { name: 'three', kind: 'example', arguments: { values: [1, 5, 2] }, expected: 4 },
  { name: 'one', kind: 'example', arguments: { values: [3] }, expected: 0 },
  { name: 'negative', kind: 'example', arguments: { values: [-1.5, 2] }, expected: 3.5 },
  { name: 'none', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
]

let home: string
let server: ScriptedServer

beforeEach(async () => {
  home = createHome()
  server = await startScriptedServer(scriptReplies({ code: [pythonReply(GOOD)] }))
  const prices = { 'openai/scripted': { inputUsd: 1, outputUsd: 4, date: '2026-01-01' } }
  writeFileSync(join(home, 'config.json'), JSON.stringify({ prices }))
  const store = await openStore({ path: join(home, 'handaxe.db') })
  const library = openLibrary({ store })
  const inputSchema = {
    type: 'object',
    properties: { values: { type: 'array', items: { type: 'number' }, description: 'The numbers.' } },
    required: ['values'],
    additionalProperties: false,
  }
  await library.save(newTool('value_range', { code: codeOf('return max(values)'), tests: TESTS, inputSchema }))
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
