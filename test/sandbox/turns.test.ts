import { expect, test } from 'vitest'
import { Turns } from '../../src/sandbox/turns.ts'

test('no more than so many are in at a time, and who waits comes in order', async () => {
  const turns = new Turns(2)
  const came: string[] = []
  const enter = (name: string) => turns.take().then(() => came.push(name))
  await Promise.all([enter('a'), enter('b')])
  const waiting = [enter('c'), enter('d')]
  await Promise.resolve()
  expect(came).toEqual(['a', 'b'])
  expect(turns.taken).toBe(2)
  turns.give()
  await waiting[0]
  expect(came).toEqual(['a', 'b', 'c'])
  turns.give()
  await waiting[1]
  expect([came.at(-1), turns.taken]).toEqual(['d', 2])
  turns.give()
  turns.give()
  expect(turns.taken).toBe(0)
})

test('who waits when it is closed is refused, and so is who comes later', async () => {
  const turns = new Turns(1)
  await turns.take()
  const waiting = [turns.take(), turns.take()]
  turns.close()
  for (const one of [...waiting, turns.take()]) await expect(one).rejects.toMatchObject({ code: 'sandbox_broken' })
  turns.give()
  expect(turns.taken).toBe(0)
})
