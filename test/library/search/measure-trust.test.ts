import { describe, expect, test } from 'vitest'
import { measureTrust, MIN_PROBES, type Probe } from '../../../src/library/search/measure-trust.ts'
import { UNTRIED_TRUST } from '../../../src/library/search/fuse-vectors.ts'

/** Requests of which words put the right tool second; `excess` is what vectors say for it and for the wrong one. */
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

describe('measureTrust', () => {
  test('vectors that know better than words are given the weight that it takes', () => {
    const trust = measureTrust(probes(100, 1, 0))
    expect(trust.weight).toBeGreaterThan(0.3)
    expect(trust.probes).toBe(100)
  })

  test('vectors that always mislead get no weight at all', () => {
    const misleading = probes(100, 0, 8).map((probe) => ({
      ...probe,
      ranked: probe.ranked.map((tool) => ({ ...tool, score: tool.name === 'right' ? 1.3 : 1 })),
    }))
    expect(measureTrust(misleading).weight).toBeLessThan(UNTRIED_TRUST.weight)
  })

  test('where it makes no difference the cautious weight stays', () => {
    expect(measureTrust(probes(100, 0, 0)).weight).toBe(UNTRIED_TRUST.weight)
  })

  test('the floor is above what wrong tools reach in nineteen of twenty requests', () => {
    const mixed = [...probes(90, 9, 1), ...probes(7, 9, 3.5), ...probes(3, 9, 20)]
    expect(measureTrust(mixed).floor).toBe(3.5)
    expect(measureTrust(probes(100, 9, 0)).floor).toBe(2)
  })

  test('too few requests decide nothing', () => {
    expect(measureTrust(probes(MIN_PROBES - 1, 5, 0))).toEqual({ ...UNTRIED_TRUST, probes: MIN_PROBES - 1 })
    expect(measureTrust([])).toEqual(UNTRIED_TRUST)
  })

  test('a tool that neither words nor vectors found counts as not found', () => {
    const lost = probes(50, 1, 0).map((probe) => ({ ...probe, name: 'elsewhere' }))
    expect(measureTrust(lost).weight).toBe(UNTRIED_TRUST.weight)
  })
})
