import { expect, test } from 'vitest'
import { closeAll } from '../../src/util/close-all.ts'

test('all parts are closed in order, whichever of them throws, and then all that was thrown is told', async () => {
  const closed: string[] = []
  const part = (name: string, problem?: Error) => async () => {
    closed.push(name)
    if (problem !== undefined) throw problem
  }
  const [first, second] = [new Error('the run hangs'), new Error('the disk is gone')]
  const closing = closeAll([part('agent', first), part('gateway'), part('sandbox', second), part('store')])
  await expect(closing).rejects.toMatchObject({ name: 'AggregateError', errors: [first, second] })
  await expect(closing).rejects.toThrow('2 of 4 parts could not be closed: the run hangs; the disk is gone')
  expect(closed).toEqual(['agent', 'gateway', 'sandbox', 'store'])
})

test('a part that throws at once is no different', async () => {
  let closed = false
  const closing = closeAll([
    () => {
      throw new Error('at once')
    },
    () => void (closed = true),
  ])
  await expect(closing).rejects.toThrow('at once')
  expect(closed).toBe(true)
})

test('nothing is told where nothing was thrown', async () => {
  await expect(closeAll([async () => undefined, () => undefined])).resolves.toBeUndefined()
  await expect(closeAll([])).resolves.toBeUndefined()
})
