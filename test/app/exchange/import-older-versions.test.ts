import { beforeEach, describe, expect, test } from 'vitest'
import { exportLibrary } from '../../../src/app/exchange/export-library.ts'
import type { ImportItem } from '../../../src/app/exchange/import-item.ts'
import { planImport } from '../../../src/app/exchange/plan-import.ts'
import { saveImport } from '../../../src/app/exchange/save-import.ts'
import type { Library } from '../../../src/contracts/library.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { newTool, openTestLibrary } from '../../library/support/library.ts'
import { temporaryFolder } from '../../library/formats/support/temporary-folder.ts'
import { useTestApp } from './support.ts'

const SLOW = { timeout: 240_000 }
const opened = useTestApp()

const values = { type: 'array', items: { type: 'number' }, description: 'The numbers.' }
const inputSchema = { type: 'object', properties: { values }, required: ['values'] }

function codeOf(name: string, expression: string, imports = ''): string {
  return `${imports}def ${name}(values: list[float]) -> float:
    """The ${name.replaceAll('_', ' ')}.

    Args:
        values: The numbers.
    """
    if not values:
        raise ValueError("no values")
    return ${expression}
`
}

const example = (name: string, expected: number): ToolTest[] => [
  { name, kind: 'example', arguments: { values: [2, 4, 9] }, expected },
  { name: 'none', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
]

/** The scale of numbers: in the first version the largest, in the second their mean. */
const FIRST = codeOf('scale_of', 'float(max(values))')
const SECOND = codeOf('scale_of', 'sum(values) / len(values)')
const SHARE = codeOf('first_share', 'values[0] / scale_of(values)', 'from tools import scale_of\n\n\n')

let theirs: Library

beforeEach(async () => {
  theirs = (await openTestLibrary()).library
})

async function scale(library: Library, code: string, expected: number): Promise<void> {
  await library.save(newTool('scale_of', { code, inputSchema, tests: example('three', expected) }))
}

/** Another library, in which `first_share` imports the first version of `scale_of`, as a bundle. */
async function bundle(expectedShare: number): Promise<string> {
  await scale(theirs, FIRST, 9)
  const tests = example('share', expectedShare)
  await theirs.save(newTool('first_share', { code: SHARE, inputSchema, tests, uses: ['scale_of'] }))
  await scale(theirs, SECOND, 5)
  const folder = await temporaryFolder()
  await exportLibrary({ library: () => Promise.resolve(theirs) }, { format: 'bundle', folder })
  return folder
}

async function take(path: string): Promise<Record<string, ImportItem[]>> {
  const items = await saveImport(opened.app, await planImport(opened.app, [path]))
  return Object.fromEntries(Map.groupBy(items, ({ name }) => name ?? ''))
}

const pinsOf = async (name: string): Promise<object[]> => (await opened.library.get(name)).pins

describe('an older version in a bundle', () => {
  test('comes in as a candidate, and is imported by what needs it', SLOW, async () => {
    const items = await take(await bundle(2 / 9))
    expect(items['first_share']).toMatchObject([{ outcome: 'new', state: 'verified' }])
    expect(items['first_share']?.[0]?.notes.join(' ')).toContain('imports scale_of in the version that came along')
    expect(await pinsOf('first_share')).toEqual([{ name: 'scale_of', version: 1 }])
    expect(await opened.library.get('scale_of', 1)).toMatchObject({ code: FIRST, state: 'candidate' })
    expect(await opened.library.get('scale_of')).toMatchObject({ version: 2, code: SECOND, state: 'verified' })
    const { language, code, function: called, pins } = await opened.library.get('first_share')
    const tools = await opened.library.closure(pins)
    const sandbox = await opened.app.sandbox()
    const call = { function: called, arguments: { values: [3, 6] } }
    expect((await sandbox.execute({ language, code, call, tools })).value).toBe(0.5)
    // Once more is nothing to do.
    const again = await take(await bundle(2 / 9))
    expect(
      Object.values(again)
        .flat()
        .map(({ outcome }) => outcome),
    ).toEqual(['same', 'same', 'same'])
  })

  test('comes in as well where the current one does for all', SLOW, async () => {
    const items = await take(await bundle(2 / 5))
    expect(items['first_share']).toMatchObject([{ outcome: 'new', state: 'verified' }])
    expect(await pinsOf('first_share')).toEqual([{ name: 'scale_of', version: 2 }])
    expect(items['scale_of']).toMatchObject([{ state: 'candidate' }, { state: 'verified' }])
  })

  test('that the library has is imported as the library has it', SLOW, async () => {
    await scale(opened.library, FIRST, 9)
    await scale(opened.library, SECOND, 5)
    const items = await take(await bundle(2 / 9))
    expect(items['scale_of']).toMatchObject([{ outcome: 'same' }, { outcome: 'same' }])
    expect(await pinsOf('first_share')).toEqual([{ name: 'scale_of', version: 1 }])
    expect((await opened.library.record('scale_of')).versions).toHaveLength(2)
  })

  test('does not take the place of a tool of the same name that the library has', SLOW, async () => {
    await scale(opened.library, codeOf('scale_of', 'float(min(values))'), 2)
    const folder = await bundle(2 / 9)
    const items = await take(folder)
    expect(items['first_share']).toMatchObject([{ state: 'verified' }])
    const { versions } = await opened.library.record('scale_of')
    expect(versions.map(({ state }) => state)).toEqual(['verified', 'candidate', 'verified'])
    expect(await pinsOf('first_share')).toEqual([{ name: 'scale_of', version: 2 }])
  })

  test('that fails its own tests is refused, and so is what needs it', SLOW, async () => {
    await theirs.save(newTool('scale_of', { code: FIRST, inputSchema, tests: example('three', 99) }))
    const tests = example('share', 2 / 9)
    await theirs.save(newTool('first_share', { code: SHARE, inputSchema, tests, uses: ['scale_of'] }))
    await scale(theirs, SECOND, 5)
    const folder = await temporaryFolder()
    await exportLibrary({ library: () => Promise.resolve(theirs) }, { format: 'bundle', folder })
    const items = await take(folder)
    expect(items['scale_of']).toMatchObject([{ outcome: 'refused' }, { state: 'verified' }])
    expect(items['first_share']).toMatchObject([{ outcome: 'refused' }])
    expect(await opened.library.find('first_share')).toBeNull()
    expect((await opened.library.record('scale_of')).versions).toHaveLength(1)
  })
})
