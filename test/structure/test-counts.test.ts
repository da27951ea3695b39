import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'

interface Counts {
  passed: number
  failed: number
  skipped: number
}
interface TestCounts {
  addCounts(counts: Partial<Counts>, file?: string): void
  readCounts(file: string): Counts
  renderCounts(counts: Counts): string
}
const path = new URL('../../scripts/test-counts.mjs', import.meta.url)
const { addCounts, readCounts, renderCounts } = (await import(String(path))) as unknown as TestCounts

test('counts of several programs add up, whether they come from a module or from a shell', () => {
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-counts-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'counts')
  expect(renderCounts(readCounts(file))).toBe('0 passed, 0 failed, 0 skipped')
  addCounts({ passed: 5_000, skipped: 3 }, file)
  const env = { ...process.env, HANDAXE_TEST_COUNTS: file }
  expect(spawnSync(process.execPath, [path.pathname, '40', '2', '1'], { env }).status).toBe(0)
  expect(renderCounts(readCounts(file))).toBe('5040 passed, 2 failed, 4 skipped')
})

test('nothing is written where nobody asks for the counts', () => {
  addCounts({ passed: 1 }, '')
  expect(readCounts('')).toEqual({ passed: 0, failed: 0, skipped: 0 })
})
