import { describe, expect, test } from 'vitest'
import type { VectorNeighbours } from '../../../src/contracts/vectors.ts'
import { indexText } from '../../store/support/samples.ts'
import { fuseVectors, measureExcess, MIN_COMPARED } from '../../../src/library/search/fuse-vectors.ts'
import type { RankedTool } from '../../../src/library/search/rank-tools.ts'

function neighbours(similarities: number[], changes: Partial<VectorNeighbours> = {}): VectorNeighbours {
  const hits = similarities.map((similarity, index) => {
    return { name: `tool_${index}`, version: 1, text: indexText({}), similarity }
  })
  return { hits, compared: 100, mean: 0, deviation: 0.1, ...changes }
}

const ranked = (...tools: [name: string, score: number, evidence?: number][]): RankedTool[] =>
  tools.map(([name, score, evidence = score]) => ({ name, version: 1, score, evidence }))

const fuse = (tools: RankedTool[], excess: [string, number][], trust: { weight?: number; floor?: number } = {}) =>
  fuseVectors(tools, new Map(excess), { trust: { weight: 1, floor: 4, probes: 0, ...trust }, evidenceFloor: 0.5 })

const names = (tools: RankedTool[]): string[] => tools.map(({ name }) => name)

describe('measureExcess', () => {
  test('counts deviations above the tenth nearest', () => {
    const excess = measureExcess(neighbours([0.9, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.3, 0.2, 0.1]))
    expect(excess.get('tool_0')).toBeCloseTo(6)
    expect(excess.get('tool_1')).toBeCloseTo(2)
    expect(excess.has('tool_9')).toBe(false)
    expect(excess.has('tool_10')).toBe(false)
  })

  test('the same for cosines of another model, all of which are high', () => {
    const one = measureExcess(neighbours([0.9, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.3]))
    const other = measureExcess(
      neighbours([0.89, 0.85, 0.84, 0.84, 0.84, 0.84, 0.84, 0.84, 0.84, 0.83], { mean: 0.8, deviation: 0.01 }),
    )
    for (const [name, value] of one) expect(other.get(name)).toBeCloseTo(value)
  })

  test.each<[string, VectorNeighbours]>([
    ['too few tools', neighbours([0.9, 0.1], { compared: MIN_COMPARED - 1 })],
    ['no tools', { hits: [], compared: 0, mean: 0, deviation: 0 }],
    ['vectors that are all the same', neighbours([1, 1, 1], { deviation: 0 })],
    ['a deviation that is no number', neighbours([1, 0.5], { deviation: Number.NaN })],
  ])('%s say nothing', (_, given) => {
    expect(measureExcess(given).size).toBe(0)
  })
})

describe('fuseVectors', () => {
  test('where vectors say nothing, or are not trusted, the order by words stays', () => {
    const tools = ranked(['a', 3], ['b', 2], ['c', 2])
    expect(fuse(tools, [])).toEqual(tools)
    expect(names(fuse(tools, [['c', 9]], { weight: 0 }))).toEqual(['a', 'b', 'c'])
  })

  test('vectors decide between tools for which words say equally much', () => {
    expect(names(fuse(ranked(['a', 2], ['b', 2]), [['b', 1]], { weight: 0.1 }))).toEqual(['b', 'a'])
    expect(names(fuse(ranked(['a', 3], ['b', 2]), [['b', 1]], { weight: 0.1 }))).toEqual(['a', 'b'])
  })

  test('a tool for which no word speaks comes in by an excess above the floor only', () => {
    const [near, far] = fuse(ranked(['near', 0], ['far', 0]), [
      ['near', 4],
      ['far', 3.9],
    ])
    expect(near?.evidence).toBe(0.5)
    expect(far?.evidence).toBe(0)
    expect(fuse(ranked(['near', 0]), [['near', 100]], { weight: 0 })[0]?.evidence).toBe(0)
  })

  test('evidence by words is never lowered', () => {
    expect(fuse(ranked(['a', 2]), [['a', 5]])[0]?.evidence).toBe(2)
  })
})
