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

const fuse = (tools: RankedTool[], excess: [string, number][], trust: { share?: number; floor?: number } = {}) =>
  fuseVectors(tools, new Map(excess), { trust: { share: 0.5, floor: 4, probes: 0, ...trust }, evidenceFloor: 0.5 })

const names = (tools: RankedTool[]): string[] => tools.map(({ name }) => name)

/** Nine nearest, the tenth at 0.4, and a tail that falls off to 0.2: 0.1 behind the tenth on average. */
const TAIL = [0.4, 0.35, 0.35, 0.3, 0.3, 0.3, 0.25, 0.25, 0.3]
const nearest = (first: number, second: number): number[] => [first, second, ...Array<number>(7).fill(0.4), ...TAIL]

describe('measureExcess', () => {
  test('counts how far the tenth nearest is ahead of those behind it', () => {
    const excess = measureExcess(neighbours(nearest(0.9, 0.5)))
    expect(excess.get('tool_0')).toBeCloseTo(5)
    expect(excess.get('tool_1')).toBeCloseTo(1)
    expect(excess.size).toBe(2)
  })

  test('the same for cosines of another model, all of which are high', () => {
    const one = measureExcess(neighbours(nearest(0.9, 0.5)))
    const other = measureExcess(
      neighbours(
        nearest(0.9, 0.5).map((similarity) => 0.8 + similarity / 10),
        { mean: 0.8, deviation: 0.01 },
      ),
    )
    for (const [name, value] of one) expect(other.get(name)).toBeCloseTo(value)
  })

  test('the nearest of noise hardly ever stands out', () => {
    // Quantiles of the exponential distribution: a tail that falls off evenly.
    const noise = Array.from({ length: 60 }, (_, index) => 0.05 * Math.log(1000 / (index + 1)))
    const [nearestExcess = Number.NaN] = measureExcess(neighbours(noise)).values()
    expect(nearestExcess).toBeGreaterThan(1)
    expect(nearestExcess).toBeLessThan(3)
  })

  test('a tail of equals is no unit: twins of a subject do not make what is before them certain', () => {
    const twins = [0.5, ...Array<number>(59).fill(0.49999)]
    expect(measureExcess(neighbours(twins)).get('tool_0')).toBeLessThan(0.01)
  })

  test.each<[string, VectorNeighbours]>([
    ['too few tools', neighbours(nearest(0.9, 0.5), { compared: MIN_COMPARED - 1 })],
    ['no tools', { hits: [], compared: 0, mean: 0, deviation: 0 }],
    ['no more than ten neighbours', neighbours([0.9, 0.5, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.3])],
    ['vectors that are all the same', neighbours(Array<number>(20).fill(1), { deviation: 0 })],
    ['a deviation that is no number', neighbours(nearest(0.9, 0.5), { deviation: Number.NaN })],
  ])('%s say nothing', (_, given) => {
    expect(measureExcess(given).size).toBe(0)
  })
})

describe('fuseVectors', () => {
  test('where vectors say nothing, or are not trusted, the order by words stays', () => {
    const tools = ranked(['a', 3], ['b', 2], ['c', 2])
    expect(fuse(tools, [])).toEqual(tools)
    expect(fuse(tools, [['c', 9]], { share: 0 })).toEqual(tools)
    expect(names(fuse(tools, [['elsewhere', 9]]))).toEqual(['a', 'b', 'c'])
  })

  test('vectors decide between tools for which words say equally much', () => {
    expect(names(fuse(ranked(['a', 2], ['b', 2]), [['b', 1]], { share: 0.1 }))).toEqual(['b', 'a'])
    expect(names(fuse(ranked(['a', 3], ['b', 2]), [['b', 1]], { share: 0.1 }))).toEqual(['a', 'b'])
  })

  test('a tool that stands out by far is believed, one that is a little nearer is not', () => {
    const tools = ranked(['by_words', 3], ['by_vectors', 0.5])
    expect(names(fuse(tools, [['by_vectors', 2]]))).toEqual(['by_words', 'by_vectors'])
    expect(names(fuse(tools, [['by_vectors', 10]]))).toEqual(['by_vectors', 'by_words'])
  })

  test('vectors alone order what they know, words what they do not', () => {
    const tools = ranked(['a', 9], ['b', 4], ['c', 1], ['d', 0.5])
    const excess: [string, number][] = [
      ['c', 1],
      ['d', 2],
    ]
    expect(names(fuse(tools, excess, { share: 1 }))).toEqual(['d', 'c', 'a', 'b'])
  })

  test('a tool for which no word speaks comes in by an excess above the floor only', () => {
    const [near, far] = fuse(ranked(['near', 0], ['far', 0]), [
      ['near', 4],
      ['far', 3.9],
    ])
    expect(near?.evidence).toBe(0.5)
    expect(far?.evidence).toBe(0)
    expect(fuse(ranked(['near', 0]), [['near', 100]], { share: 0 })[0]?.evidence).toBe(0)
  })

  test('evidence by words is never lowered', () => {
    expect(fuse(ranked(['a', 2]), [['a', 5]])[0]?.evidence).toBe(2)
  })
})
