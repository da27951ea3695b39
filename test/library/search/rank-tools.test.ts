import { describe, expect, test } from 'vitest'
import { INDEX_FIELDS, type IndexHit, type IndexStatistics } from '../../../src/contracts/store.ts'
import type { ExpandedQuery } from '../../../src/library/search/expand-query.ts'
import { FIELD_WEIGHTS, informationOf, rankTools } from '../../../src/library/search/rank-tools.ts'
import { indexText } from '../../store/support/samples.ts'

const statistics: IndexStatistics = {
  tools: 1000,
  averageLengths: Object.fromEntries(INDEX_FIELDS.map((field) => [field, 4])) as IndexStatistics['averageLengths'],
  documents: new Map(),
}

function query(terms: Record<string, number>, pairs: string[] = []): ExpandedQuery {
  return {
    terms: Object.entries(terms).map(([stem, tools]) => ({ stem, weight: 1, tools })),
    pairs: new Set(pairs),
    statistics,
  }
}

function hit(name: string, text: Parameters<typeof indexText>[0]): IndexHit {
  return { name, version: 1, text: indexText(text) }
}

const order = (hits: IndexHit[], asked: ExpandedQuery): string[] => rankTools(hits, asked).map(({ name }) => name)

describe('a tool ranks higher', () => {
  test('for a rare word than for a common one', () => {
    const hits = [hit('common', { description: 'data a b c' }), hit('rare', { description: 'axolotl a b c' })]
    expect(order(hits, query({ data: 500, axolotl: 1 }))).toEqual(['rare', 'common'])
  })

  test('for a word in its name than in a parameter', () => {
    const hits = [hit('parameter', { parameters: 'mean a b c' }), hit('name', { name: 'mean a b c' })]
    expect(order(hits, query({ mean: 10 }))).toEqual(['name', 'parameter'])
  })

  test('for a word in a short text than in a long one', () => {
    const hits = [
      hit('long', { description: `mean ${'x '.repeat(50).trim()}` }),
      hit('short', { description: 'mean x' }),
    ]
    expect(order(hits, query({ mean: 10 }))).toEqual(['short', 'long'])
  })

  test('for two words once than for one word many times', () => {
    const hits = [
      hit('repeats', { description: 'mean mean x y', details: 'mean mean mean mean', returns: 'mean' }),
      hit('both', { description: 'mean sum x y' }),
    ]
    expect(order(hits, query({ mean: 10, sum: 10 }))).toEqual(['both', 'repeats'])
  })

  test('for words side by side than apart', () => {
    const hits = [hit('apart', { description: 'close x price y' }), hit('beside', { description: 'close price x y' })]
    expect(order(hits, query({ close: 10, price: 10 }, ['close price']))).toEqual(['beside', 'apart'])
  })
})

test('one request that is nearly the query says more than as many words over several', () => {
  const hits = [
    hit('spread', { requests: 'risk of bond | sell a stock | other word' }),
    hit('near', { requests: 'other word | risk stock of | bond sell a' }),
  ]
  const [first, second] = rankTools(hits, query({ risk: 10, stock: 10 }))
  expect(first?.name).toBe('near')
  expect(first?.evidence).toBeGreaterThan(second?.evidence ?? 0)
  // A request of a single word does not make a description.
  const [single] = rankTools([hit('single', { requests: 'risk' })], query({ risk: 10 }))
  const [named] = rankTools([hit('named', { name: 'risk' })], query({ risk: 10 }))
  expect(single?.evidence).toBeLessThan(named?.evidence ?? 0)
})

test('equal ones keep their order, and a tool without a match has no evidence', () => {
  const hits = [
    hit('b', { name: 'same' }),
    hit('a', { name: 'same' }),
    hit('none', { name: 'other' }),
    hit('empty', {}),
  ]
  const ranked = rankTools(hits, query({ same: 5 }))
  expect(ranked.map(({ name }) => name)).toEqual(['b', 'a', 'none', 'empty'])
  expect(ranked[2]).toMatchObject({ score: 0, evidence: 0 })
  expect(ranked.every(({ score, evidence }) => Number.isFinite(score) && Number.isFinite(evidence))).toBe(true)
})

test('information falls with the number of tools that have the stem, down to nothing', () => {
  const information = (tools: number, total = 1000): number =>
    informationOf({ stem: 'axolotl', weight: 1, tools }, { tools: total })
  expect(information(0)).toBeGreaterThan(information(1))
  expect(information(1)).toBeGreaterThan(information(100))
  expect(information(1000)).toBeGreaterThanOrEqual(0)
  // In a small library a word that one of three tools has still tells something, unless any tool has it.
  expect(information(1, 3)).toBeGreaterThan(0.8 * information(1))
  expect(informationOf({ stem: 'get', weight: 1, tools: 1 }, { tools: 3 })).toBeLessThan(0.3 * information(1, 3))
})

test('every field has a weight', () => {
  for (const field of INDEX_FIELDS) expect(FIELD_WEIGHTS[field]).toBeGreaterThan(0)
})
