import { beforeEach, describe, expect, test } from 'vitest'
import type { Library } from '../../../src/contracts/library.ts'
import type { Store } from '../../../src/contracts/store.ts'
import type { ToolUse } from '../../../src/contracts/tool.ts'
import { openLibrary } from '../../../src/library/open-library.ts'
import { sampleUse } from '../../store/support/samples.ts'
import { openTestLibrary, pythonTool } from '../support/library.ts'

let library: Library
let store: Store

beforeEach(async () => {
  ;({ library, store } = await openTestLibrary())
})

const save = async (name: string, value: string, changes: Parameters<typeof pythonTool>[3] = {}): Promise<number> =>
  (await library.save(pythonTool(name, [], value, changes))).version
const find = async (text: string): Promise<string[]> =>
  (await library.search({ text })).map(({ tool }) => `${tool.name}@${tool.version}`)
const use = async (name: string, changes: Partial<ToolUse> = {}) => library.recordUse(sampleUse(name, changes))
const fail = async (name: string, inputHash: string, version = 1) =>
  use(name, { version, outcome: 'failure', cause: 'error: KeyError', fault: 'tool', inputHash })

describe('outcomes', () => {
  test('three different inputs make a tool trusted', async () => {
    await save('median_price', '1')
    for (const inputHash of ['a', 'b', 'b']) expect(await use('median_price', { inputHash })).toEqual([])
    expect(await use('median_price', { inputHash: 'c' })).toMatchObject([
      { kind: 'state', state: 'trusted', by: 'handaxe', reason: expect.stringContaining('3 different inputs') },
    ])
    expect((await library.get('median_price')).state).toBe('trusted')
  })

  test('a tool that keeps failing leaves search and use, and its older good version comes back', async () => {
    await save('median_price', '1')
    await save('median_price', '2')
    expect(await find('median price')).toEqual(['median_price@2'])
    await fail('median_price', 'a', 2)
    expect((await fail('median_price', 'b', 2)).map(({ kind }) => kind)).toEqual(['state', 'current'])
    expect(await find('median price')).toEqual(['median_price@1'])
    expect((await library.findUsable('median_price'))?.version).toBe(1)
  })

  test('a tool without an older version is not found at all, and can still be named', async () => {
    await save('median_price', '1')
    await fail('median_price', 'a')
    await fail('median_price', 'b')
    expect(await find('median price')).toEqual([])
    expect(await library.findUsable('median_price')).toBeNull()
    expect((await library.get('median_price')).state).toBe('quarantined')
    await expect(library.save(pythonTool('mean', ['median_price'], '1'))).rejects.toMatchObject({
      code: 'tool_rejected',
    })
  })

  test('a pinned tool keeps its state whatever happens', async () => {
    await save('median_price', '1')
    await library.pin('median_price')
    for (const inputHash of ['a', 'b', 'c', 'd']) expect(await fail('median_price', inputHash)).toEqual([])
    expect(await find('median price')).toEqual(['median_price@1'])
  })

  test('what a person brought back is judged anew', async () => {
    await save('median_price', '1')
    await fail('median_price', 'a')
    await fail('median_price', 'b')
    await library.rollback('median_price', { version: 1 })
    expect(await fail('median_price', 'c')).toEqual([])
    expect((await library.get('median_price')).state).toBe('verified')
  })

  test('of a tool that is not there are an error', async () => {
    await expect(use('nothing')).rejects.toMatchObject({ code: 'unknown_tool' })
  })
})

describe('people', () => {
  test('go back and forth between versions; what imports one keeps it', async () => {
    await save('total', '1')
    await save('total', '2')
    await library.save(pythonTool('mean', ['total'], 'total()'))
    await library.rollback('total', { reason: 'rounds wrongly' })
    expect((await library.get('total')).version).toBe(1)
    expect(await find('total')).toContain('total@1')
    const importer = await library.get('mean')
    expect(importer.pins).toEqual([{ name: 'total', version: 2 }])
    const [module] = (await library.closure(importer.pins)).map(({ code }) => code)
    expect(module).toContain('return 2')
    expect((await library.get('total', 2)).stateReason).toBe('rolled back to version 1: rounds wrongly')
    await library.rollback('total', { version: 2 })
    expect((await library.get('total')).version).toBe(2)
  })

  test('take a tool out and let it in again; nothing may import it meanwhile', async () => {
    await save('total', '1')
    await library.setDisabled('total', true, 'leaks')
    expect(await find('total')).toEqual([])
    expect(await library.findUsable('total')).toBeNull()
    await expect(library.save(pythonTool('mean', ['total'], 'total()'))).rejects.toMatchObject({
      code: 'tool_rejected',
      message: expect.stringContaining('disabled'),
    })
    expect(await library.setDisabled('total', true)).toEqual([])
    await library.setDisabled('total', false)
    expect(await find('total')).toEqual(['total@1'])
  })

  test('hold a version', async () => {
    await save('total', '1')
    await save('total', '2')
    await library.pin('total', 1)
    expect((await library.get('total')).version).toBe(1)
    await expect(library.rollback('total')).rejects.toMatchObject({ code: 'tool_rejected' })
    await expect(library.pin('total', 9)).rejects.toMatchObject({ code: 'unknown_tool' })
    await library.unpin('total')
    expect((await library.get('total')).version).toBe(2)
  })

  test('retire a tool with all versions; nothing is deleted', async () => {
    await save('total', '1')
    await save('total', '2')
    await library.retire('total', { reason: 'no need' })
    expect(await find('total')).toEqual([])
    expect((await library.record('total')).versions.map(({ state }) => state)).toEqual(['retired', 'retired'])
    await library.rollback('total', { version: 1 })
    expect(await find('total')).toEqual(['total@1'])
  })

  test('leave notes, which are in the list', async () => {
    await save('total', '1')
    await library.annotate('total', 'Größe in 日本')
    expect((await library.list())[0]?.annotation).toBe('Größe in 日本')
    await library.annotate('total', '')
    expect((await library.list())[0]?.annotation).toBe('')
    expect((await library.changes('total')).map(({ kind }) => kind)).toEqual(['state', 'annotated', 'annotated'])
  })

  test.each(['rollback', 'pin', 'unpin', 'record', 'changes', 'retire'] as const)(
    '%s of a tool that is not there is an error with a suggestion',
    async (act) => {
      await save('median_price', '1')
      await expect(library[act]('median_prize')).rejects.toMatchObject({
        code: 'unknown_tool',
        hint: expect.stringContaining('median_price'),
      })
    },
  )
})

describe('calls', () => {
  const call = { arguments: { values: [1] }, value: 1 }

  test('are kept only where the library was opened so', async () => {
    await save('total', '1')
    await use('total', { inputHash: 'a', call })
    expect(await library.keptCalls('total', 1)).toEqual([])
    await library.keepCalls('total', 1, [{ inputHash: 'a', at: '2026-01-01', ...call }])
    expect(await library.keptCalls('total', 1)).toEqual([])
    const keeping = openLibrary({ store, keepCalls: true })
    await keeping.recordUse(sampleUse('total', { inputHash: 'a', call }))
    expect(await keeping.keptCalls('total', 1)).toMatchObject([call])
    // Whoever takes the consent back can have deleted what was kept.
    expect(await library.forgetCalls('total')).toBe(1)
    await expect(library.forgetCalls('nothing')).rejects.toMatchObject({ code: 'unknown_tool' })
  })
})
