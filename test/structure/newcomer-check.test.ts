import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { judgeSkips } from '../../scripts/newcomer/judge-skips.mjs'

const REASONS = [
  { reason: 'needs root', matches: ['needs root to become one'] },
  { reason: 'no engine', matches: ['^test/sandbox/docker/.*not asked for'] },
]

test('skips with a known reason are counted by it, others are a fault of set-up', () => {
  const skips = [
    { file: 'test/a.test.ts', title: 'another user; needs root to become one' },
    { file: 'test/sandbox/docker/b.test.ts', title: 'it runs (these tests were not asked for)' },
    { file: 'test/c.test.ts', title: 'it runs (these tests were not asked for)' },
    { file: 'test/store/d.test.ts', title: 'a table (skipped: the server of PostgreSQL is not installed)' },
  ]
  const { allowed, others } = judgeSkips(skips, REASONS)
  expect(allowed).toEqual([
    { reason: 'needs root', skips: [skips[0]] },
    { reason: 'no engine', skips: [skips[1]] },
  ])
  expect(others).toEqual(skips.slice(2))
})

test('no reason allows what set-up can install', () => {
  const reasons = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../scripts/newcomer/allowed-skips.json'), 'utf8'),
  ) as typeof REASONS
  for (const { reason, matches } of reasons) {
    expect(reason).not.toBe('')
    for (const pattern of matches) expect(() => new RegExp(pattern, 'u')).not.toThrow()
  }
  const preventable = [
    { file: 'test/store/a.test.ts', title: 'it (skipped: the server of PostgreSQL is not installed)' },
    {
      file: 'test/library/formats/python/render-package.test.ts',
      title: 'the package in the sandbox (skipped: no pytest) > runs',
    },
    { file: 'test/sandbox/a.test.ts', title: 'it (bubblewrap is not installed)' },
    { file: 'test/sandbox/filter.test.ts', title: 'there is no filter for a machine without a table (needs python3)' },
  ]
  expect(judgeSkips(preventable, reasons)).toEqual({ allowed: [], others: preventable })
})
