import { expect, test } from 'vitest'
import { clusterTools, type Clustering } from '../../../src/admission/twins/cluster-tools.ts'

/** Items are the same where their first letters are. */
async function cluster(
  items: string[],
  options: { candidatesOf?: (item: string) => string[]; maximumComparisons?: number } = {},
): Promise<Clustering<string, string>> {
  const { candidatesOf = () => items, maximumComparisons = 1000 } = options
  return clusterTools<string, string>(items, {
    candidatesOf: (item) => Promise.resolve(candidatesOf(item)),
    compare: (item, keep) => Promise.resolve({ isSame: item[0] === keep[0], found: `${item}=${keep}` }),
    maximumComparisons,
  })
}

test('the first of each kind is kept, and each other one was compared with it', async () => {
  const { clusters, compared } = await cluster(['a1', 'b1', 'a2', 'a3'])
  const others = ['a2', 'a3'].map((item) => ({ item, found: `${item}=a1` }))
  expect(clusters).toEqual([{ keep: 'a1', others }])
  expect(compared).toBe(3)
})

test('what looks alike and differs is named', async () => {
  expect((await cluster(['a', 'b'])).different).toEqual([{ item: 'b', keep: 'a', found: 'b=a' }])
})

test('at a million pairs that all look alike it stays bounded, and says what was left out', async () => {
  const items = Array.from({ length: 1500 }, (_, number) => `${String.fromCodePoint(0x4e00 + number)}`)
  const { compared, notCompared, clusters } = await cluster(items, { maximumComparisons: 3000 })
  expect(compared).toBe(3000)
  expect(compared + notCompared).toBe((1500 * 1499) / 2)
  expect(clusters).toEqual([])
  const each = await cluster(items, { maximumComparisons: 1e9 })
  expect(each.compared).toBeLessThanOrEqual(5 * items.length)
})

test('an item that was merged is nobody’s candidate', async () => {
  const { clusters } = await cluster(['a1', 'a2', 'a3'], { candidatesOf: (item) => (item === 'a3' ? ['a2'] : ['a1']) })
  expect(clusters).toEqual([{ keep: 'a1', others: [{ item: 'a2', found: 'a2=a1' }] }])
})
