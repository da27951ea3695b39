import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ValueFolder } from '../../src/agent/run/value-folder.ts'
import { loadConfig } from '../../src/app/config.ts'
import { openApp, type App } from '../../src/app/open-app.ts'
import { listRuns, showRun } from '../../src/app/operations.ts'
import { readRunValue } from '../../src/app/read-run-value.ts'
import { removeExpiredRuns, removeOldRuns, removeRuns } from '../../src/app/remove-runs.ts'
import { runFolder } from '../../src/app/runs-folder.ts'
import type { RunEvent } from '../../src/contracts/events.ts'
import type { JsonValue } from '../../src/contracts/json.ts'
import type { RunRecord } from '../../src/contracts/run.ts'
import {
  isStoredValue,
  LARGEST_RECORDED_BYTES,
  nameLargeValues,
  toStoredValue,
} from '../../src/domain/json/stored-value.ts'
import { sampleResult, sampleRun } from '../store/support/samples.ts'

const DAY_MS = 86_400_000
let home: string
let app: App

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'handaxe-runs-'))
  app = openApp(loadConfig({ environment: {}, home }))
})
afterEach(async () => {
  await app.close()
  rmSync(home, { recursive: true, force: true })
})

/** A run of so many days ago, with a file in its folder. */
async function addRun(runId: string, { days = 0, ...record }: Partial<RunRecord> & { days?: number } = {}) {
  const { journal } = await app.store()
  const startedAt = new Date(Date.now() - days * DAY_MS).toISOString()
  await journal.createRun(sampleRun(runId, { startedAt, ...record }))
  if (record.status !== 'running') await journal.finishRun(runId, sampleResult(runId))
  mkdirSync(runFolder(app.config, runId), { recursive: true })
  writeFileSync(join(runFolder(app.config, runId), 'file'), 'x')
}

/** An execution that gave a value, as the journal has it. */
async function addValue(runId: string, stepId: string, value: JsonValue, sequence = 1): Promise<void> {
  const values = new ValueFolder(runFolder(app.config, runId))
  const at = new Date().toISOString()
  const event = { type: 'execution-finished', runId, at, sequence, stepId, purpose: 'script', result: { value } }
  const recorded = await values.recordEvent(event as unknown as RunEvent)
  await (await app.store()).journal.appendEvents(runId, [recorded])
}

const kept = async () => ({ config: app.config, journal: (await app.store()).journal })
const ids = async () => (await listRuns(app, 50)).map(({ runId }) => runId).toSorted()
const large = Array.from({ length: 20_000 }, (_, index) => `row ${index}`)

describe('large values', () => {
  test('stand once in the run’s folder by their hash, and events name them', async () => {
    await addRun('r1')
    await addValue('r1', 's1', large)
    await addValue('r1', 's2', large, 2)
    const { events } = await showRun(app, 'r1')
    expect(JSON.stringify(events).length).toBeLessThan(2_000)
    const [first, second] = events.map((event) => (event.type === 'execution-finished' ? event.result.value : null))
    expect(first).toEqual(second)
    expect(isStoredValue(first)).toBe(true)
    const text = JSON.stringify(large)
    expect(first).toMatchObject({ $stored: { bytes: text.length, mediaType: 'application/json' } })
    const folder = join(runFolder(app.config, 'r1'), 'values')
    expect(readdirSync(folder)).toHaveLength(1)
    expect(readFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'utf8')).toBe(text)
    expect(await readRunValue(app, 'r1', 's2')).toEqual(large)
  })

  test('are known by bytes, not by letters; small ones stay where they are', async () => {
    const edge = 'x'.repeat(LARGEST_RECORDED_BYTES - 2)
    expect(toStoredValue(edge)).toBeNull()
    expect(toStoredValue(`${edge}x`)?.stored.$stored.bytes).toBe(LARGEST_RECORDED_BYTES + 1)
    expect(toStoredValue('ü'.repeat(LARGEST_RECORDED_BYTES / 2 - 1))).toBeNull()
    expect(toStoredValue('ü'.repeat(LARGEST_RECORDED_BYTES / 2))).not.toBeNull()
    await addRun('r1')
    await addValue('r1', 's1', { mean: 3 })
    expect(await readRunValue(app, 'r1', 's1')).toEqual({ mean: 3 })
    expect(existsSync(join(runFolder(app.config, 'r1'), 'values'))).toBe(false)
  })

  test('that a program made to look like a name are no way to another file', async () => {
    await addRun('r1')
    await addValue('r1', 's1', { $stored: { hash: '../../../etc/passwd', bytes: 1, mediaType: 'x' } })
    expect(await readRunValue(app, 'r1', 's1')).toMatchObject({ $stored: { bytes: 1 } })
    await addValue('r1', 's2', { $stored: { hash: 'a'.repeat(64), bytes: 1, mediaType: 'x' } }, 2)
    await expect(readRunValue(app, 'r1', 's2')).rejects.toMatchObject({ code: 'invalid_request' })
  })

  test('whose file was changed are not shown as the value; an unknown step is told with those that there are', async () => {
    await addRun('r1')
    await addValue('r1', 's1', large)
    const folder = join(runFolder(app.config, 'r1'), 'values')
    writeFileSync(join(folder, readdirSync(folder)[0] ?? ''), '[]')
    await expect(readRunValue(app, 'r1', 's1')).rejects.toThrow('as it was written')
    await expect(readRunValue(app, 'r1', 's9')).rejects.toMatchObject({ hint: 'Its steps are s1.' })
  })

  test('of records of older versions are named in a list, too', () => {
    const [step] = nameLargeValues([{ id: 's1', value: large }])
    expect(JSON.stringify(step).length).toBeLessThan(200)
    expect(nameLargeValues([{ id: 's1', value: null }])).toEqual([{ id: 's1', value: null }])
  })
})

describe('runs that are removed', () => {
  test('go with their events and files; others stay', async () => {
    for (const id of ['aa1', 'ab2', 'b3']) await addRun(id)
    await addValue('aa1', 's1', large)
    expect(await removeRuns(await kept(), ['aa1', 'b', 'aa1'])).toEqual(['aa1', 'b3'])
    expect(await ids()).toEqual(['ab2'])
    expect(await (await app.store()).journal.events('aa1')).toEqual([])
    expect(readdirSync(join(app.config.folders.data, 'runs'))).toEqual(['ab2'])
  })

  test('are all there, or none is removed', async () => {
    await addRun('a1')
    await expect(removeRuns(await kept(), ['a1', 'x9'])).rejects.toMatchObject({ code: 'unknown_run' })
    await addRun('b2', {
      status: 'running',
      processId: process.pid,
      owner: null,
      host: (await import('node:os')).hostname(),
    })
    await expect(removeRuns(await kept(), ['a1', 'b2'])).rejects.toMatchObject({ code: 'invalid_request' })
    expect(await ids()).toEqual(['a1', 'b2'])
  })

  test('by age are those that ended and are older, on all pages', async () => {
    for (let index = 0; index < 205; index += 1) await addRun(`new-${index}`, { days: 1 })
    await addRun('old-1', { days: 40 })
    await addRun('old-2', { days: 31 })
    await addRun('old-elsewhere', { days: 50, status: 'running', host: 'another-host', owner: null })
    const { journal } = await app.store()
    expect(await removeOldRuns({ config: app.config, journal }, { days: 30, most: 1 })).toEqual(['old-1'])
    expect(await removeOldRuns({ config: app.config, journal }, { days: 30 })).toEqual(['old-2'])
    expect(await removeOldRuns({ config: app.config, journal }, { days: 30 })).toEqual([])
    expect(await journal.findRun('old-elsewhere')).not.toBeNull()
  })

  test('by the setting are none unless it is there', async () => {
    await addRun('old', { days: 400 })
    const { journal } = await app.store()
    await removeExpiredRuns(app.config, journal)
    expect(await ids()).toEqual(['old'])
    await removeExpiredRuns({ ...app.config, keepRunsDays: 365 }, journal)
    expect(await ids()).toEqual([])
  })

  test('never lead out of their folder, whatever a shared store names', async () => {
    await (
      await app.store()
    ).journal.createRun(sampleRun('../../precious', { status: 'running', host: 'x', owner: null }))
    await expect(removeRuns(await kept(), ['../../precious'])).rejects.toMatchObject({ code: 'unknown_run' })
  })
})

test('a run whose process is gone is listed as interrupted, also for programs', async () => {
  const { hostname } = await import('node:os')
  await addRun('r1', { status: 'running', processId: 2 ** 30, host: hostname(), owner: null })
  expect(await listRuns(app, 5)).toMatchObject([{ runId: 'r1', status: 'interrupted' }])
  expect((await showRun(app, 'r1')).run.status).toBe('interrupted')
})
