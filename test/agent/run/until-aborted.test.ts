import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { allSettled } from '../../../src/agent/run/all-settled.ts'
import { mapLimited } from '../../../src/agent/run/map-limited.ts'
import { untilAborted } from '../../../src/agent/run/until-aborted.ts'

test('work that ends gives its value or its error', async () => {
  const { signal } = new AbortController()
  expect(await untilAborted(Promise.resolve(1), signal)).toBe(1)
  await expect(untilAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no')
})

test('an abort gives its reason as soon as the work has ended, and within a second if it does not listen', async () => {
  const reason = new Error('cancelled')
  const listening = new AbortController()
  const startedAt = performance.now()
  const stops = delay(60_000, undefined, { signal: listening.signal })
  const waiting = untilAborted(stops, listening.signal)
  listening.abort(reason)
  await expect(waiting).rejects.toBe(reason)
  expect(performance.now() - startedAt).toBeLessThan(5000)

  const deaf = new AbortController()
  const never = untilAborted(new Promise(() => undefined), deaf.signal)
  deaf.abort(reason)
  await expect(never).rejects.toBe(reason)
  expect(performance.now() - startedAt).toBeLessThan(10_000)
})

test('work that fails after it was left behind disturbs nobody', async () => {
  const left = Promise.withResolvers<never>()
  await expect(untilAborted(left.promise, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone')
  left.reject(new Error('late'))
  await delay(10)
})

test('work on many items keeps to its limit and to the order of the items', async () => {
  let running = 0
  let most = 0
  const results = await mapLimited([30, 10, 20, 5, 1], 2, async (ms, index) => {
    running += 1
    most = Math.max(most, running)
    await delay(ms)
    running -= 1
    return `${index}:${ms}`
  })
  expect(results).toEqual(['0:30', '1:10', '2:20', '3:5', '4:1'])
  expect(most).toBe(2)
})

test('after an error nothing new begins, and what was under way ends first', async () => {
  const begun: number[] = []
  const ended: number[] = []
  const work = mapLimited([1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item)
    if (item === 1) throw new Error('first')
    await delay(20)
    ended.push(item)
  })
  await expect(work).rejects.toThrow('first')
  expect(begun).toEqual([1, 2])
  expect(ended).toEqual([2])
})

test('work side by side is waited for before its first error is given', async () => {
  let ended = false
  const slow = delay(20).then(() => (ended = true))
  await expect(allSettled([Promise.reject(new Error('first')), slow])).rejects.toThrow('first')
  expect(ended).toBe(true)
})
