import { afterEach, beforeEach, expect, test } from 'vitest'
import { findBeaten, retireBeaten } from '../../../src/app/tidy/find-beaten.ts'
import type { RunEventBody } from '../../../src/contracts/events.ts'
import type { Plan } from '../../../src/contracts/plan.ts'
import type { Library } from '../../../src/contracts/library.ts'
import type { Store } from '../../../src/contracts/store.ts'
import { openTestLibrary, pythonTool } from '../../library/support/library.ts'
import { sampleResult, sampleRun } from '../../store/support/samples.ts'

let library: Library
let store: Store
const app = { library: async () => library, store: async () => store as never }

beforeEach(async () => {
  ;({ library, store } = await openTestLibrary())
  for (const name of ['winner', 'loser']) await library.save(pythonTool(name, [], '1'))
})
afterEach(() => store.close())

const PLAN: Plan = { understanding: 'u', difficulty: 'easy', steps: [], answer: null }

/** A run that was offered both and took the winner. */
async function run(
  number: number,
  { score = 1, chosen = 'winner', status = 'succeeded' as 'succeeded' | 'failed' } = {},
): Promise<void> {
  const runId = `run-${String(number).padStart(3, '0')}`
  const startedAt = new Date(Date.parse('2026-03-01T00:00:00.000Z') + number * 1000).toISOString()
  await store.journal.createRun(sampleRun(runId, { request: `request ${number}`, startedAt }))
  const candidates = ['winner', 'loser'].map((name) => ({ name, version: 1, summary: '', score }))
  const step = { id: 's1', goal: '', needs: [], decision: 'reuse' as const, tool: chosen, arguments: {} }
  const bodies: RunEventBody[] = [
    { type: 'tools-retrieved', total: 2, candidates },
    { type: 'plan-ready', plan: { ...PLAN, steps: [step] }, attempt: 1 },
  ]
  const events = bodies.map((body, index) => ({ runId, at: startedAt, sequence: index + 1, ...body }))
  await store.journal.appendEvents(runId, events)
  await store.journal.finishRun(runId, { ...sampleResult(runId), status })
}

test('what the planner always passes over is retired by handaxe, with the reason, and can be brought back', async () => {
  for (let number = 0; number < 10; number += 1) await run(number)
  const proposals = await findBeaten(app)
  expect(proposals).toMatchObject([{ name: 'loser', version: 1, requests: 10, by: [{ name: 'winner', requests: 10 }] }])
  await retireBeaten(app, proposals)
  expect(await library.findUsable('loser')).toBeNull()
  expect((await library.changes('loser')).at(-1)).toMatchObject({
    state: 'retired',
    by: 'handaxe',
    reason: 'offered for 10 different requests and never chosen: they took winner',
  })
  expect(await findBeaten(app)).toEqual([])
  await library.rollback('loser', { version: 1 })
  expect(await library.findUsable('loser')).toMatchObject({ version: 1 })
})

test('what a small library shows in any case, failed runs, and tools that others import do not count', async () => {
  for (let number = 0; number < 10; number += 1) await run(number, { score: 0 })
  for (let number = 10; number < 20; number += 1) await run(number, { status: 'failed' })
  expect(await findBeaten(app)).toEqual([])
  for (let number = 20; number < 30; number += 1) await run(number)
  expect(await findBeaten(app)).toHaveLength(1)
  await library.save(pythonTool('importing', ['loser'], 'loser()'))
  expect(await findBeaten(app)).toEqual([])
})
