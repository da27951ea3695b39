import { expect } from 'vitest'
import type { Store } from '../../../src/contracts/store.ts'
import { sampleTool } from './samples.ts'

/** A tool with a use as a store of version 2 has it. Its body has text that a server's JSON would refuse. */
export function oldRows({ table, reused }: { table: (name: string) => string; reused: string }): string {
  const { name: _, pins: _1, codeHash, language, summary, state, stateReason, ...rest } = sampleTool('mean')
  const body = JSON.stringify({ ...rest, code: '"repairs":9,"tokens":9 \ud800 \0' }).replaceAll("'", "''")
  return `
    INSERT INTO ${table('tool')} (id, name, current_version, current_state) VALUES (7, 'mean', 1, 'verified');
    INSERT INTO ${table('tool_version')}
      (tool_id, version, language, summary, code_hash, state, state_reason, created_at, body)
      VALUES (7, 1, '${language}', '${summary}', '${codeHash}', '${state}', '${stateReason}', '2026-01-02', '${body}');
    INSERT INTO ${table('tool_state_change')} (tool_id, version, at, state, reason)
      VALUES (7, 1, '2026-01-02', 'verified', 'all tests passed');
    INSERT INTO ${table('tool_use')} (tool_id, version, at, outcome, cause, wall_ms, reused, tokens_saved)
      VALUES (7, 1, '2026-01-03', 'failure', 'timeout', 5, ${reused}, 0);`
}

/** What has become of it. */
export async function expectBroughtForward({ tools }: Pick<Store, 'tools'>): Promise<void> {
  expect(await tools.findRecord('mean')).toMatchObject({
    pinnedVersion: null,
    disabled: false,
    annotation: '',
    versions: [{ version: 1, wasUsable: true }],
  })
  expect(await tools.changes('mean')).toEqual([
    { at: '2026-01-02', kind: 'state', version: 1, state: 'verified', reason: 'all tests passed', by: 'handaxe' },
  ])
  expect(await tools.ledgers('mean')).toMatchObject([
    { madeTokens: 1200, madeCostUsd: 0.01, failuresBy: { tool: 0, unknown: 1 } },
  ])
  expect((await tools.findVersion('mean'))?.code).toBe('"repairs":9,"tokens":9 \ud800 \0')
}
