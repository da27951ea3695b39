import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { expect, onTestFinished, test } from 'vitest'

interface Counts {
  passed: number
  failed: number
  skipped: number
  notTested: string[]
}
interface TestCounts {
  addCounts(counts: Partial<Counts>, file?: string): void
  addNotTested(what: string, reason: string, file?: string): void
  readCounts(file: string): Counts
  renderCounts(counts: Counts): string
}
const path = new URL('../../scripts/test-counts.mjs', import.meta.url)
const { addCounts, addNotTested, readCounts, renderCounts } = (await import(String(path))) as unknown as TestCounts

test('counts of several programs add up, whether they come from a module or from a shell', () => {
  const file = newFile()
  expect(renderCounts(readCounts(file))).toBe('0 passed, 0 failed, 0 skipped')
  addCounts({ passed: 5_000, skipped: 3 }, file)
  const env = { ...process.env, HANDAXE_TEST_COUNTS: file }
  expect(spawnSync(process.execPath, [path.pathname, '40', '2', '1'], { env }).status).toBe(0)
  expect(renderCounts(readCounts(file))).toBe('5040 passed, 2 failed, 4 skipped')
})

test('what could not be tested stands above the last line, once, with its reason on one line', () => {
  const file = newFile()
  addNotTested('the docker backend', 'debootstrap failed:\n  E: no mirror answers', file)
  addCounts({ passed: 7, skipped: 154 }, file)
  addNotTested('the docker backend', 'debootstrap failed: E: no mirror answers', file)
  addNotTested('cgroup version 2', 'there is no apt-get here', file)
  expect(renderCounts(readCounts(file)).split('\n')).toEqual([
    'NOT TESTED: the docker backend: debootstrap failed: E: no mirror answers',
    'NOT TESTED: cgroup version 2: there is no apt-get here',
    '7 passed, 0 failed, 154 skipped',
  ])
})

test('nothing is written where nobody asks for the counts', () => {
  addCounts({ passed: 1 }, '')
  expect(readCounts('')).toEqual({ passed: 0, failed: 0, skipped: 0, notTested: [] })
})

function newFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-counts-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'counts')
}
