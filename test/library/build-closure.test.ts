import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Library } from '../../src/contracts/library.ts'
import type { ToolModule } from '../../src/contracts/sandbox.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'
import { javascriptTool, newTool, openTestLibrary, pythonTool } from './support/library.ts'

let library: Library

beforeEach(async () => {
  ;({ library } = await openTestLibrary())
})

const names = (modules: ToolModule[]): string[] => modules.map(({ name }) => name)

/** `base` in two versions; `old` imports the first, `young` the second. */
async function saveConflict(make: typeof pythonTool | typeof javascriptTool, call: string): Promise<void> {
  await library.save(make('base_value', [], '1'))
  await library.save(make('old', ['base_value'], `${call} + 10`))
  await library.save(make('base_value', [], '2'))
  await library.save(make('young', ['base_value'], `${call} + 20`))
}

describe('the closure', () => {
  test('of a tool without imports is the tool', async () => {
    const tool = await library.save(newTool('mean'))
    expect(await library.closure([{ name: 'mean' }])).toEqual([
      { name: 'mean', language: 'python', code: tool.code, function: 'mean' },
    ])
    expect(await library.closure([])).toEqual([])
  })

  test('holds what is imported by way of others, each once', async () => {
    await library.save(pythonTool('a', [], '1'))
    await library.save(pythonTool('b', ['a'], 'a()'))
    await library.save(pythonTool('c', ['a', 'b'], 'a() + b()'))
    await library.save(pythonTool('d', ['b', 'c'], 'b() + c()'))
    expect(names(await library.closure([{ name: 'd' }])).toSorted()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('takes the pinned version, not the current one', async () => {
    await library.save(pythonTool('total', [], '1'))
    await library.save(pythonTool('mean', ['total'], 'total()'))
    await library.save(pythonTool('total', [], '2'))
    const modules = await library.closure([{ name: 'mean' }])
    expect(names(modules)).toEqual(['mean', 'total'])
    expect(modules[1]?.code).toContain('return 1')
  })

  test('takes the version that is asked for', async () => {
    await library.save(pythonTool('total', [], '1'))
    await library.save(pythonTool('total', [], '2'))
    const [first] = await library.closure([{ name: 'total', version: 1 }])
    expect(first?.code).toContain('return 1')
    await expect(library.closure([{ name: 'total', version: 9 }])).rejects.toMatchObject({ code: 'unknown_tool' })
  })

  test('is the same whoever asks, and in the order asked for', async () => {
    await saveConflict(pythonTool, 'base_value()')
    const modules = await library.closure([{ name: 'young' }, { name: 'old' }])
    expect(await library.closure([{ name: 'young' }, { name: 'old' }])).toEqual(modules)
    expect(names(modules)).toEqual(['young', 'old', 'base_value', 'base_value__v1'])
  })

  test('keeps two versions apart: the one asked for keeps its name', async () => {
    await saveConflict(pythonTool, 'base_value()')
    const modules = await library.closure([{ name: 'old' }, { name: 'base_value' }])
    expect(names(modules)).toEqual(['old', 'base_value', 'base_value__v1'])
    expect(modules[0]?.code).toContain('from tools import base_value__v1 as base_value\n')
    expect(modules[1]?.code).toContain('return 2')
  })

  test('refuses two versions of one tool side by side', async () => {
    await library.save(pythonTool('total', [], '1'))
    await library.save(pythonTool('total', [], '2'))
    await expect(
      library.closure([
        { name: 'total', version: 1 },
        { name: 'total', version: 2 },
      ]),
    ).rejects.toMatchObject({ code: 'tool_rejected', details: { versions: [1, 2] } })
  })

  test('a tool whose imports cannot be told apart is refused when it is saved', async () => {
    await library.save(pythonTool('base_value', [], '1'))
    await library.save(
      newTool('old', { uses: ['base_value'], code: 'import tools\ndef old(): return tools.base_value()' }),
    )
    await library.save(pythonTool('base_value', [], '2'))
    await expect(library.save(pythonTool('both', ['old', 'base_value'], 'old() + base_value()'))).rejects.toMatchObject(
      {
        code: 'tool_rejected',
        hint: expect.stringContaining('from tools import base_value'),
      },
    )
    expect(await library.find('both')).toBeNull()
  })
})

describe('in the sandbox', () => {
  let opened: TestSandbox

  beforeAll(async () => {
    opened = await borrowTestSandbox()
  })
  afterAll(async () => opened.close())

  test('Python tools call the versions that they were saved with', async () => {
    await saveConflict(pythonTool, 'base_value()')
    const tools = await library.closure([{ name: 'old' }, { name: 'young' }, { name: 'base_value' }])
    const result = await opened.sandbox.execute({
      language: 'python',
      code: 'from tools import old, young, base_value\nresult([old(), young(), base_value()])',
      tools,
    })
    expect(result).toMatchObject({ status: 'ok', value: [11, 22, 2] })
  })

  test('JavaScript tools call the versions that they were saved with', async () => {
    await saveConflict(javascriptTool, 'baseValue()')
    const tools = await library.closure([{ name: 'old' }, { name: 'young' }, { name: 'base_value' }])
    const result = await opened.sandbox.execute({
      language: 'javascript',
      code: "import { old, young, baseValue } from 'tools'\nresult([old(), young(), baseValue()])",
      tools,
    })
    expect(result).toMatchObject({ status: 'ok', value: [11, 22, 2] })
  })
})
