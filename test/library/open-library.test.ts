import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Library } from '../../src/contracts/library.ts'
import type { Store } from '../../src/contracts/store.ts'
import { newTool, openTestLibrary, pythonTool, javascriptTool } from './support/library.ts'

let library: Library
let store: Store

beforeEach(async () => {
  ;({ library, store } = await openTestLibrary())
})

describe('saving', () => {
  test('gives the version, the hash of the code and the state', async () => {
    const tool = newTool('mean')
    const saved = await library.save(tool)
    expect(saved).toEqual({
      ...tool,
      version: 1,
      codeHash: createHash('sha256').update(tool.code).digest('hex'),
      pins: [],
      stateReason: '',
    })
  })

  test('a tool without a state is a candidate, and no candidate is found', async () => {
    const { state: _, ...tool } = newTool('median_price')
    expect((await library.save(tool)).state).toBe('candidate')
    expect(await library.search({ text: 'median price' })).toEqual([])
    expect(await library.search({ text: 'median price', states: ['candidate'] })).toHaveLength(1)
  })

  test('imports are pinned to the current versions', async () => {
    await library.save(pythonTool('total', [], '1'))
    await library.save(pythonTool('total', [], '2'))
    await library.save(pythonTool('count_all', [], '3'))
    const saved = await library.save(pythonTool('mean', ['total', 'count_all'], 'total() / count_all()'))
    expect(saved.pins).toEqual([
      { name: 'count_all', version: 1 },
      { name: 'total', version: 2 },
    ])
  })

  test('the same code again takes newer imports along, and is then a new version', async () => {
    await library.save(pythonTool('total', [], '1'))
    const first = await library.save(pythonTool('mean', ['total'], 'total()'))
    expect(await library.save(pythonTool('mean', ['total'], 'total()'))).toEqual(first)
    await library.save(pythonTool('total', [], '2'))
    const second = await library.save(pythonTool('mean', ['total'], 'total()'))
    expect(second).toMatchObject({ version: 2, pins: [{ name: 'total', version: 2 }] })
  })

  test('JavaScript may import by the name in camelCase', async () => {
    await library.save(javascriptTool('annualised_volatility', [], '1'))
    const saved = await library.save(javascriptTool('risk', ['annualised_volatility'], 'annualisedVolatility()'))
    expect(saved.pins).toEqual([{ name: 'annualised_volatility', version: 1 }])
  })

  test.each([
    '',
    'Mean',
    'mean-value',
    '1st',
    '_mean',
    'mean value',
    '../mean',
    'mean__v2',
    'a'.repeat(101),
    'mean\0',
    '平均',
  ])('the name %j is refused', async (name) => {
    await expect(library.save(newTool('x', { name }))).rejects.toMatchObject({ code: 'tool_rejected' })
    expect(await library.count()).toBe(0)
  })

  test('many at a time get versions of their own', async () => {
    const saved = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => library.save(pythonTool('mean', [], String(index)))),
    )
    expect(saved.map(({ version }) => version).toSorted((left, right) => left - right)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    )
  })
})

describe('imports that cannot be', () => {
  test('a tool that is not there is named', async () => {
    await expect(library.save(pythonTool('mean', ['total'], 'total()'))).rejects.toMatchObject({
      code: 'tool_rejected',
      message: expect.stringContaining('total'),
      details: { tool: 'mean', missing: 'total' },
    })
    expect(await library.count()).toBe(0)
  })

  test('a tool that imports itself', async () => {
    await expect(library.save(pythonTool('mean', ['mean'], 'mean()'))).rejects.toMatchObject({
      code: 'tool_rejected',
      details: { cycle: ['mean', 'mean'] },
    })
  })

  test('a circle over several tools, also by way of an older version', async () => {
    await library.save(pythonTool('a', [], '1'))
    await library.save(pythonTool('b', ['a'], 'a()'))
    await library.save(pythonTool('c', ['b'], 'b()'))
    await expect(library.save(pythonTool('a', ['c'], 'c()'))).rejects.toMatchObject({
      code: 'tool_rejected',
      details: { cycle: ['a', 'c', 'b', 'a'] },
    })
    expect((await library.get('a')).version).toBe(1)
  })

  test('a tool of the other language', async () => {
    await library.save(javascriptTool('total', [], '1'))
    await expect(library.save(pythonTool('mean', ['total'], 'total()'))).rejects.toMatchObject({
      code: 'tool_rejected',
      message: expect.stringContaining('javascript'),
    })
  })

  test.each(['quarantined', 'retired'] as const)('a tool that is %s', async (state) => {
    await library.save(pythonTool('total', [], '1'))
    await library.setState('total', 1, state, 'three failures')
    await expect(library.save(pythonTool('mean', ['total'], 'total()'))).rejects.toMatchObject({
      code: 'tool_rejected',
      message: expect.stringContaining(state),
    })
  })
})

test('a tool that rests on what was removed by force is refused', async () => {
  await library.save(pythonTool('a', [], '1'))
  await library.save(pythonTool('b', ['a'], 'a()'))
  await library.remove('a', { force: true })
  await expect(library.save(pythonTool('c', ['b'], 'b()'))).rejects.toMatchObject({
    code: 'tool_rejected',
    details: { tool: 'c', missing: 'a' },
  })
})

describe('looking up', () => {
  test('a version that is not there, and a name that is nearly right', async () => {
    await library.save(newTool('annualised_volatility'))
    expect(await library.find('volatility')).toBeNull()
    await expect(library.get('annualized_volatility')).rejects.toMatchObject({
      code: 'unknown_tool',
      hint: 'Did you mean annualised_volatility?',
    })
    await expect(library.get('annualised_volatility', 7)).rejects.toMatchObject({
      code: 'unknown_tool',
      details: { known: [1] },
    })
    await expect(library.get('x')).rejects.toMatchObject({ hint: expect.stringContaining('tools list') })
  })

  test('states, uses and ledgers of what is not there are refused', async () => {
    const use = {
      name: 'mean',
      version: 1,
      runId: null,
      at: '2026-01-01T00:00:00.000Z',
      outcome: 'success' as const,
      cause: 'ok',
      wallMs: 1,
      reused: true,
      tokensSaved: 10,
    }
    await expect(library.recordUse(use)).rejects.toMatchObject({ code: 'unknown_tool' })
    await expect(library.setState('mean', 1, 'trusted', '')).rejects.toMatchObject({ code: 'unknown_tool' })
    await expect(library.remove('mean')).rejects.toMatchObject({ code: 'unknown_tool' })
    await library.save(newTool('mean'))
    await library.recordUse(use)
    expect(await library.ledger('mean')).toMatchObject({ uses: 1, reuses: 1, tokensSaved: 10 })
    await expect(library.recordUse({ ...use, version: 3 })).rejects.toMatchObject({ code: 'unknown_tool' })
  })
})

describe('removing', () => {
  test('what others import is kept, and they are named', async () => {
    await library.save(pythonTool('total', [], '1'))
    await library.save(pythonTool('mean', ['total'], 'total()'))
    await library.save(pythonTool('share', ['total'], 'total()'))
    await expect(library.remove('total')).rejects.toMatchObject({
      code: 'tool_rejected',
      message: 'total is imported by mean, share',
      details: {
        importers: [
          { name: 'mean', version: 1 },
          { name: 'share', version: 1 },
        ],
      },
    })
    expect(await library.find('total')).not.toBeNull()
  })

  test('by force it goes, and what imports it says what is missing', async () => {
    await library.save(pythonTool('total', [], '1'))
    await library.save(pythonTool('mean', ['total'], 'total()'))
    await library.remove('total', { force: true })
    await expect(library.closure([{ name: 'mean' }])).rejects.toMatchObject({
      code: 'unknown_tool',
      message: expect.stringContaining('total'),
    })
  })

  test('an import removed while a tool is saved is noticed', async () => {
    await library.save(pythonTool('total', [], '1'))
    const saving = library.save(pythonTool('mean', ['total'], 'total()'))
    const removing = store.tools.remove('total', { force: true })
    const [saved] = await Promise.allSettled([saving, removing])
    // Whichever came first, no tool was saved on top of nothing.
    if (saved.status === 'rejected') expect(saved.reason).toMatchObject({ code: 'tool_rejected' })
    else expect(saved.value.pins).toEqual([{ name: 'total', version: 1 }])
    expect((await library.find('mean')) !== null).toBe(saved.status === 'fulfilled')
  })
})
