import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLibrary } from '../../src/library/open-library.ts'
import { openStore } from '../../src/store/open-store.ts'
import type { ToolTest } from '../../src/contracts/tool.ts'
import { sampleResult, sampleRun, sampleTool } from '../store/support/samples.ts'
import { createHome, runCli } from '../support/run-cli.ts'
import { startScriptedServer } from '../support/scripted-server.ts'
import { usePlainPython } from '../support/python.ts'

usePlainPython()

const code = (
  name: string,
  parameter: string,
  expression: string,
): string => `def ${name}(${parameter}: list[float]) -> float:
    """The ${name}.

    Args:
        ${parameter}: The numbers.
    """
    if not ${parameter}:
        raise ValueError("no values")
    return ${expression}
`

const GENERAL = `\`\`\`python
def distance_from(values: list[float], first: bool = False) -> float:
    """Distance of the largest value from the smallest, or from the first.

    Args:
        values: The numbers.
        first: Whether it is the first one, and not the smallest.
    """
    if not values:
        raise ValueError("no values")
    return max(values) - (values[0] if first else min(values))
\`\`\`

\`\`\`json
{"calls": {"value_range": {"parameters": {"values": "values"}}, "largest_step": {"parameters": {"values": "values"}, "constants": {"first": true}}}}
\`\`\`
`

async function fill(path: string): Promise<void> {
  const store = await openStore({ path })
  const library = openLibrary({ store })
  const tools: [string, string, string][] = [
    ['value_range', 'values', 'max(values) - min(values)'],
    ['distance', 'data', '-(min(data) - max(data))'],
    ['largest_step', 'values', 'max(values) - values[0]'],
  ]
  for (const [name, parameter, expression] of tools) {
    const tests: ToolTest[] = [
      { name: 'three', kind: 'example', arguments: { [parameter]: [1, 2, 4] }, expected: 3 },
      { name: 'one', kind: 'example', arguments: { [parameter]: [2] }, expected: 0 },
      { name: 'none', kind: 'error', arguments: { [parameter]: [] } },
    ]
    const inputSchema = {
      type: 'object',
      properties: { [parameter]: { type: 'array', items: { type: 'number' }, description: 'The numbers.' } },
      required: [parameter],
      additionalProperties: false,
    }
    const summary = 'Distance of the largest number.'
    const changes = { code: code(name, parameter, expression), tests, inputSchema, summary, description: summary }
    const { pins: _pins, codeHash: _hash, ...tool } = sampleTool(name, changes)
    await library.save(tool)
  }
  await library.pin('value_range')
  await store.close()
}

test('handaxe tools tidy retires what is always beaten, and says how to undo it', { timeout: 180_000 }, async () => {
  const home = createHome()
  const store = await openStore({ path: join(home, 'handaxe.db') })
  const library = openLibrary({ store })
  for (const [name, value] of [
    ['value_range', 1],
    ['largest_step', 2],
  ] as const) {
    const tests: ToolTest[] = [{ name: 'one', kind: 'example', arguments: { values: [1] }, expected: value }]
    const {
      pins: _pins,
      codeHash: _hash,
      ...tool
    } = sampleTool(name, { code: code(name, 'values', `${value}.0`), tests })
    await library.save(tool)
  }
  for (let number = 0; number < 10; number += 1) {
    const runId = `run-${number}`
    await store.journal.createRun(sampleRun(runId, { request: `request ${number}` }))
    const candidates = ['value_range', 'largest_step'].map((name) => ({ name, version: 1, summary: '', score: 1 }))
    const at = '2026-03-01T00:00:01.000Z'
    await store.journal.appendEvents(runId, [
      { runId, at, sequence: 1, type: 'tools-retrieved', total: 2, candidates },
      { runId, at, sequence: 2, type: 'tool-reused', stepId: 's1', name: 'value_range', version: 1 },
    ])
    await store.journal.finishRun(runId, sampleResult(runId))
  }
  await store.close()
  const handaxe = (...args: string[]): ReturnType<typeof runCli> => runCli(home, ['tools', ...args])
  const dry = await handaxe('tidy', '--dry-run')
  expect(dry.exitCode, dry.stderr).toBe(0)
  expect(dry.stdout).toContain(
    'largest_step v1: offered for 10 different requests and never chosen: they took value_range',
  )
  const done = await handaxe('tidy', '--yes')
  expect(done.exitCode, done.stderr).toBe(0)
  expect(done.stderr).toContain('`handaxe tools rollback largest_step 1` brings it back')
  const listed = JSON.parse((await handaxe('list', '--json')).stdout) as { name: string; state: string }[]
  expect(listed.find(({ name }) => name === 'largest_step')).toMatchObject({ state: 'retired' })
  const again = await handaxe('rollback', 'largest_step', '1')
  expect(again.exitCode, again.stderr).toBe(0)
})

test('handaxe tools tidy shows twins, asks, and leaves names that still work', { timeout: 180_000 }, async () => {
  const home = createHome()
  await fill(join(home, 'handaxe.db'))
  const handaxe = (...args: string[]): ReturnType<typeof runCli> => runCli(home, ['tools', ...args])
  const dry = await handaxe('tidy', '--dry-run')
  expect(dry.exitCode, dry.stderr).toBe(0)
  expect(dry.stdout).toContain('keep value_range v1 (pinned, verified, 0 good uses, 3 tests)')
  expect(dry.stdout).toMatch(
    /distance v1 does the same: they pass each other's tests and agree on \d+ results; parameters data → values/,
  )
  expect(dry.stdout).toContain('3 tools, 1 pair compared, 1 cluster of twins')
  expect(dry.stderr).toMatch(/sorting[^]*comparing[^]*Nothing was changed/)
  const asked = await handaxe('tidy')
  expect([asked.exitCode, asked.stderr]).toEqual([2, expect.stringContaining('--yes')])
  const done = await handaxe('tidy', '--yes', '--json')
  expect(done.exitCode, done.stderr).toBe(0)
  expect(JSON.parse(done.stdout)).toMatchObject({
    applied: true,
    clusters: [{ keep: { name: 'value_range', version: 1 }, others: [{ name: 'distance', alias: 2, problem: null }] }],
  })
  const called = await handaxe('run', 'distance', '{"data": [5, 9]}', '--json')
  expect(JSON.parse(called.stdout)).toMatchObject({ value: 4, version: 2 })
  const other = await handaxe('run', 'largest_step', '{"values": [2, 1, 3]}', '--json')
  expect(JSON.parse(other.stdout)).toMatchObject({ value: 1, version: 1 })
  const server = await startScriptedServer(() => GENERAL)
  const environment = { OPENAI_BASE_URL: server.baseUrl, OPENAI_API_KEY: 'sk-test', HANDAXE_MODEL: 'openai/coder' }
  const general = await runCli(home, ['tools', 'tidy', '--generalise', '--dry-run'], { environment })
  await server.close()
  expect(general.exitCode, general.stderr).toBe(0)
  expect(server.requests).toHaveLength(1)
  expect(general.stdout).toMatch(/not the same: value_range, largest_step|not the same: largest_step, value_range/)
  expect(general.stdout).toMatch(/distance_from does what \w+ and \w+ do:\ndef distance_from/)
  const keyless = await handaxe('tidy', '--generalise', '--dry-run')
  expect(keyless.exitCode).toBe(3)
  expect((await handaxe('tidy')).stdout).toContain('2 tools, 0 pairs compared, 0 clusters of twins')
})
