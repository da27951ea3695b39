import { expect, test } from 'vitest'
import { eachLimited } from '../../src/admission/each-limited.ts'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('every item has its turn, no more than the limit at a time', async () => {
  let running = 0
  let most = 0
  const done: number[] = []
  await eachLimited(
    Array.from({ length: 12 }, (_, index) => index),
    3,
    async (item) => {
      running += 1
      most = Math.max(most, running)
      await pause(2)
      running -= 1
      done.push(item)
    },
  )
  expect(most).toBe(3)
  expect(done.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index))
})

test('after an error nothing new begins, and it is thrown when the rest has ended', async () => {
  const begun: number[] = []
  let ended = 0
  const working = eachLimited([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item)
    if (item === 1) throw new Error('broken')
    await pause(10)
    ended += 1
  })
  await expect(working).rejects.toThrow('broken')
  expect(begun).toEqual([0, 1])
  expect(ended).toBe(1)
})

test('nothing to do is done at once', async () => {
  await eachLimited([], 4, () => Promise.reject(new Error('nothing is to be done')))
})
