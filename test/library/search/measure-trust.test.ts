import { describe, expect, test } from 'vitest'
import { measureTrust, MIN_PROBES, type Probe } from '../../../src/library/search/measure-trust.ts'
import { UNTRIED_TRUST } from '../../../src/library/search/fuse-vectors.ts'

/** Requests of which words put the right tool second; `right` and `wrong` are what vectors say for it and for the other. */
function probes(count: number, right: number, wrong: number): Probe[] {
  return Array.from({ length: count }, () => ({
    name: 'right',
    ranked: [
      { name: 'wrong', version: 1, score: 1.3, evidence: 1 },
      { name: 'right', version: 1, score: 1, evidence: 1 },
    ],
    excess: new Map([
      ['right', right],
      ['wrong', wrong],
    ]),
  }))
}

/** The same, where words are right. */
function foundByWords(count: number, right: number, wrong: number): Probe[] {
  return probes(count, right, wrong).map((probe) => ({
    ...probe,
    ranked: probe.ranked.map((tool) => ({ ...tool, score: tool.name === 'right' ? 1.3 : 1 })),
  }))
}

describe('share', () => {
  test('vectors that know better than words are given the share that it takes', () => {
    const trust = measureTrust(probes(100, 1, 0))
    expect(trust.share).toBeGreaterThan(0.6)
    expect(trust.probes).toBe(100)
  })

  test('vectors that know far better than words decide alone, or nearly', () => {
    const far = probes(100, 2, 1).map((probe) => ({
      ...probe,
      ranked: probe.ranked.map((tool) => ({ ...tool, score: tool.name === 'right' ? 0 : 9 })),
    }))
    expect(measureTrust(far).share).toBe(1)
  })

  test('vectors that always mislead get none', () => {
    expect(measureTrust(foundByWords(100, 0, 8)).share).toBeLessThanOrEqual(0.05)
  })

  test('what misleads a little more often than it helps counts for little', () => {
    const mixed = [...foundByWords(60, 0, 4), ...probes(40, 4, 0)]
    expect(measureTrust(mixed).share).toBeLessThan(UNTRIED_TRUST.share)
  })

  test('where it makes no difference it is the middle, not an end', () => {
    const { share } = measureTrust(probes(100, 0, 0))
    expect(share).toBeGreaterThan(0.2)
    expect(share).toBeLessThan(0.6)
  })

  test('a tool that neither words nor vectors found counts as not found', () => {
    const lost = probes(100, 1, 0).map((probe) => ({ ...probe, name: 'elsewhere' }))
    expect(measureTrust([...lost, ...probes(60, 1, 0)]).share).toBeGreaterThan(0.6)
  })
})

describe('floor', () => {
  test('as low as the nearest tool is right for half of the requests', () => {
    const graded = [
      ...foundByWords(30, 7.5, 1),
      ...foundByWords(30, 5.5, 1),
      ...foundByWords(10, 4.5, 1),
      ...foundByWords(9, 1, 4.5),
      ...foundByWords(5, 3.5, 1),
      ...foundByWords(25, 1, 3.5),
      ...foundByWords(30, 2.5, 1),
    ]
    expect(measureTrust(graded).floor).toBe(4)
  })

  test('the lowest for vectors that are always right, out of reach for those that never are', () => {
    expect(measureTrust(foundByWords(100, 2.5, 1)).floor).toBe(2)
    expect(measureTrust(foundByWords(100, 1, 2.5)).floor).toBe(8)
    expect(measureTrust(foundByWords(100, 0, 0)).floor).toBe(8)
  })

  test('one lucky request lowers nothing', () => {
    expect(measureTrust([...foundByWords(1, 6.5, 0), ...foundByWords(99, 1, 3.5)]).floor).toBe(8)
  })
})

test('too few requests decide nothing', () => {
  expect(measureTrust(probes(MIN_PROBES - 1, 5, 0))).toEqual({ ...UNTRIED_TRUST, probes: MIN_PROBES - 1 })
  expect(measureTrust([])).toEqual(UNTRIED_TRUST)
})
