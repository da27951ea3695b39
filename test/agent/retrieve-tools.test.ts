import { expect, test } from 'vitest'
import { retrieveTools } from '../../src/agent/retrieve-tools.ts'
import { newTool, openTestLibrary } from '../library/support/library.ts'

/** What the planner is shown of a library with a mean and `others` tools that have nothing to do with it. */
async function shown(others: number, text: string): Promise<string[]> {
  const { library, store } = await openTestLibrary()
  await library.save(newTool('mean_value', { description: 'The arithmetic mean of numbers.' }))
  for (let index = 0; index < others; index += 1) {
    await library.save(newTool(`gadget_${String(index).padStart(2, '0')}`, { description: `Gizmo ${index}.` }))
  }
  const types: string[] = []
  const events = { emit: ({ type }: { type: string }) => void types.push(type) }
  const tools = await retrieveTools({ dependencies: { library }, request: { text }, events })
  await store.close()
  expect(types).toEqual(['tools-retrieved'])
  return tools.map(({ name }) => name)
}

test('of nine tools all are shown, those that words find first', async () => {
  const names = await shown(8, 'arithmetic mean')
  expect(names).toHaveLength(9)
  expect(names.slice(0, 2)).toEqual(['mean_value', 'gadget_00'])
})

test('of ten to twenty-nine tools five are shown', async () => {
  const filled = ['mean_value', 'gadget_00', 'gadget_01', 'gadget_02', 'gadget_03']
  expect(await shown(9, 'arithmetic mean')).toEqual(filled)
  expect(await shown(28, 'arithmetic mean')).toEqual(filled)
  expect(await shown(28, 'nothing of the kind')).toHaveLength(5)
})

test('of thirty tools only those that fit are shown, at most five', async () => {
  expect(await shown(29, 'arithmetic mean')).toEqual(['mean_value'])
  expect(await shown(29, 'nothing of the kind')).toEqual([])
  expect(await shown(40, 'gizmo gadget')).toHaveLength(5)
})

test('a library without tools shows none', async () => {
  const { library, store } = await openTestLibrary()
  const context = { dependencies: { library }, request: { text: 'mean' }, events: { emit: () => undefined } }
  expect(await retrieveTools(context)).toEqual([])
  await store.close()
})
