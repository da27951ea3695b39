import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportLibrary } from '../../../src/app/exchange/export-library.ts'
import type { ImportItem } from '../../../src/app/exchange/import-item.ts'
import { planCandidates, planImport } from '../../../src/app/exchange/plan-import.ts'
import { saveImport } from '../../../src/app/exchange/save-import.ts'
import type { ImportCandidate } from '../../../src/contracts/exchange.ts'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { editFile, temporaryFolder, writeFiles } from '../../library/formats/support/temporary-folder.ts'
import { useTestApp } from './support.ts'
import { rangeModule } from '../../support/range-module.ts'

const opened = useTestApp()

async function take(...paths: string[]): Promise<ImportItem[]> {
  const plan = await planImport(opened.app, paths)
  return saveImport(opened.app, plan)
}

function itemOf(items: ImportItem[], name: string): ImportItem {
  const found = items.find((item) => item.name === name)
  if (found === undefined) throw new Error(`${name} is not among ${items.map((item) => item.name).join(', ')}`)
  return found
}

const RANGE = rangeModule('return max(values) - min(values)')

const RELATIVE = `from tools import value_range


def relative_range(values: list[float]) -> float:
    """Range of the values, as a share of the largest one.

    Args:
        values: The numbers.

    Returns:
        The share.
    """
    return value_range(values) / max(values)
`

const TESTS: ToolTest[] = [
  { name: 'three', kind: 'example', arguments: { values: [1, 5, 2] }, expected: 4 },
  { name: 'one', kind: 'example', arguments: { values: [3] }, expected: 0 },
  { name: 'negative', kind: 'example', arguments: { values: [-1.5, 2] }, expected: 3.5 },
  { name: 'none', kind: 'error', arguments: { values: [] }, raises: 'ValueError' },
]

/** The library has `value_range`, verified by its tests, as version 1. */
async function withRange(): Promise<void> {
  await take(join(await writeFiles(await temporaryFolder(), { 'value_range.py': RANGE }), 'value_range.py'))
  const folder = await temporaryFolder()
  await exportLibrary(opened.app, { format: 'skill', folder })
  await editFile(join(folder, 'value-range/tests.json'), () => JSON.stringify(TESTS))
  await opened.library.remove('value_range')
  const items = await take(folder)
  expect(items.map(({ outcome, state, problems }) => [outcome, state, problems])).toEqual([['new', 'verified', []]])
}

describe('an import of many', () => {
  test('tells how far it has read before it verifies, and can be ended in between', async () => {
    const names = Array.from({ length: 12 }, (_, number) => `value_range_${number}`)
    const files = Object.fromEntries(names.map((name) => [`${name}.py`, RANGE.replaceAll('value_range', name)]))
    const folder = await writeFiles(await temporaryFolder(), files)
    const told: [number, number][] = []
    const ending = new AbortController()
    const planned = planImport(opened.app, [folder], {
      signal: ending.signal,
      onReading: ({ done, total }) => {
        told.push([done, total])
        if (done === 7) ending.abort(new Error('enough'))
      },
      onProgress: () => told.push([-1, -1]),
    })
    await expect(planned).rejects.toThrow('enough')
    expect(told).toEqual(Array.from({ length: 8 }, (_, done) => [done, 12]))
  })

  test('beyond the bound is refused before anything is read', async () => {
    const candidate = { code: '', language: 'python' } as unknown as ImportCandidate
    const planned = planCandidates(
      opened.app,
      Array.from({ length: 10_001 }, () => candidate),
    )
    await expect(planned).rejects.toMatchObject({
      code: 'invalid_input_file',
      hint: expect.stringContaining('in parts'),
    })
  })
})

describe('a file of Python or JavaScript', () => {
  test('without tests is saved as a candidate, which is said with how to add some', async () => {
    const folder = await writeFiles(await temporaryFolder(), { 'value_range.py': RANGE })
    const [item] = await take(folder)
    expect(item).toMatchObject({ outcome: 'new', state: 'candidate', version: 1, problems: [] })
    expect(item?.notes.join(' ')).toMatch(/no test.*tests\.json/)
    expect(item?.difference?.codeDiff).toContain('+    return max(values) - min(values)')
    expect(await opened.library.get('value_range')).toMatchObject({
      state: 'candidate',
      provenance: { source: 'imported' },
      summary: 'Difference between the largest and the smallest value.',
    })
    expect(await opened.library.search({ text: 'range of values' })).toEqual([])
  })

  test('of the same name has to pass the tests that the library has', async () => {
    await withRange()
    const better = RANGE.replace('max(values) - min(values)', 'float(max(values) - min(values))')
    const worse = RANGE.replace('max(values) - min(values)', 'max(values) - values[-1]')
    const folder = await writeFiles(await temporaryFolder(), { 'a/value_range.py': better, 'b/value_range.py': worse })
    const [refused] = await take(join(folder, 'b/value_range.py'))
    expect(refused).toMatchObject({ outcome: 'refused', version: null, previous: { version: 1, state: 'verified' } })
    expect(refused?.problems.join(' ')).toContain('Test "three"')
    expect((await opened.library.get('value_range')).version).toBe(1)
    const [taken] = await take(join(folder, 'a/value_range.py'))
    expect(taken).toMatchObject({
      outcome: 'new-version',
      state: 'verified',
      version: 2,
      tests: { total: 4, passed: 4 },
    })
    expect(taken?.difference?.codeDiff).toContain('+    return float(max(values) - min(values))')
  })

  test('that the library has already is nothing to do', async () => {
    await withRange()
    const folder = await writeFiles(await temporaryFolder(), { 'value_range.py': RANGE })
    expect(await take(folder)).toMatchObject([{ outcome: 'same', version: null, difference: null }])
    expect((await opened.library.get('value_range')).version).toBe(1)
  })

  test('in JavaScript is read and verified, too', async () => {
    const code = `/** The larger of two numbers. */
export const tool = {
  name: 'larger_of',
  description: 'The larger of two numbers.',
  inputSchema: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
    additionalProperties: false,
  },
  outputSchema: { type: 'number' },
}

export default function largerOf({ a, b }) {
  return a > b ? a : b
}
`
    const [item] = await take(await writeFiles(await temporaryFolder(), { 'larger-of.mjs': code }))
    expect(item).toMatchObject({ name: 'larger_of', outcome: 'new', state: 'candidate' })
  })
})

test('an edit of nothing but texts is a new version, too', async () => {
  await withRange()
  const folder = await temporaryFolder()
  await exportLibrary(opened.app, { format: 'skill', folder })
  await editFile(join(folder, 'value-range/tool.json'), (text) => {
    return text.replace('"exampleRequests": []', '"exampleRequests": ["how far apart are the prices"]')
  })
  const [item] = await take(folder)
  expect(item).toMatchObject({ outcome: 'new-version', version: 2, state: 'verified' })
  expect(item?.difference).toMatchObject({ codeDiff: null, lines: [expect.stringContaining('request added')] })
  expect((await opened.library.search({ text: 'how far apart' }))[0]?.tool.version).toBe(2)
})

describe('what is refused', () => {
  async function refusal(code: string, name = 'tool'): Promise<string> {
    const [item] = await take(await writeFiles(await temporaryFolder(), { [`${name}.py`]: code }))
    expect(item).toMatchObject({ outcome: 'refused', state: null, version: null })
    expect(await opened.library.count()).toBe(0)
    return item?.problems.join(' ') ?? ''
  }

  test('code that acts when it is imported, which never happens outside of the sandbox', async () => {
    const marker = join(await temporaryFolder(), 'ran')
    const code = `import os\nos.system("touch ${marker}")\nopen("${marker}", "w").close()\n${RANGE}`
    expect(await refusal(code)).toMatch(/runs when the module is imported|starts other programs/)
    expect(existsSync(marker)).toBe(false)
  })

  test('code that gives something else tomorrow', async () => {
    const code = RANGE.replace('def value', 'import time\n\n\ndef value').replace('- min(values)', '- time.time()')
    expect(await refusal(code)).toMatch(/clock|time/i)
  })

  test('code that imports a tool that nobody has', async () => {
    expect(await refusal(RELATIVE)).toMatch(/imports value_range.*neither the library nor this import/)
  })

  test('code that looks other than it is executed', async () => {
    const code = RANGE.replace('# ', '').replace('if not values:', 'if not values:  # \u202e reversed')
    expect(await refusal(code)).toContain(String.raw`\u{202e}`)
  })

  test('code that is none', async () => {
    expect(await refusal('def f(:\n')).not.toBe('')
  })

  test('two tools that import each other', async () => {
    const a = RELATIVE.replace('relative_range', 'value_range').replace('import value_range', 'import other')
    const b = RANGE.replaceAll('value_range', 'other').replace(
      'def other',
      'from tools import value_range\n\n\ndef other',
    )
    const items = await take(await writeFiles(await temporaryFolder(), { 'a.py': a, 'b.py': b }))
    for (const item of items) expect(item.problems.join(' ')).toMatch(/import itself: /)
  })
})

describe('tools that import each other', () => {
  test('are taken in their order, whatever their files are called', async () => {
    const files = { 'a_relative_range.py': RELATIVE, 'z_value_range.py': RANGE }
    const items = await take(await writeFiles(await temporaryFolder(), files))
    expect(items.map(({ problems }) => problems)).toEqual([[], []])
    const relative = await opened.library.get('relative_range')
    expect(relative.pins).toEqual([{ name: 'value_range', version: 1 }])
  })

  test('are refused together where the one that is imported is refused', async () => {
    const files = { 'a.py': RELATIVE, 'b.py': RANGE.replace('def value', 'import socket\n\n\ndef value') }
    const items = await take(await writeFiles(await temporaryFolder(), files))
    expect(itemOf(items, 'relative_range').problems).toEqual(['It imports value_range, which was not taken.'])
    expect(itemOf(items, 'value_range').problems.join(' ')).toContain('socket')
  })

  test('are verified with the version that comes with them', async () => {
    await withRange()
    const half = RANGE.replace('max(values) - min(values)', '(max(values) - min(values)) / 2')
    const tests = [{ name: 'half', kind: 'example', arguments: { values: [2, 4] }, expected: 0.25 }]
    const folder = await temporaryFolder()
    await take(await writeFiles(await temporaryFolder(), { 'relative_range.py': RELATIVE }))
    await exportLibrary(opened.app, { format: 'skill', folder })
    await editFile(join(folder, 'value-range/scripts/value_range.py'), () => half)
    await editFile(join(folder, 'value-range/tests.json'), () => JSON.stringify([{ ...TESTS[0], expected: 2 }]))
    await editFile(join(folder, 'relative-range/tests.json'), () => JSON.stringify(tests))
    await editFile(join(folder, 'relative-range/scripts/relative_range.py'), (code) => `${code}\n`)
    const items = await take(folder)
    expect(items.map(({ name, state, problems }) => [name, state, problems])).toEqual([
      ['relative_range', 'verified', []],
      ['value_range', 'verified', []],
    ])
    expect((await opened.library.get('relative_range')).pins).toEqual([{ name: 'value_range', version: 2 }])
    // Its tests say what the one in use does otherwise: a person who looks at the change is told.
    expect(itemOf(items, 'value_range').notes).toContainEqual(
      expect.stringMatching(/^It does not hold what is in use: Test "three" of version 1: expected 4, got 2/),
    )
  })
})

test('a twin of a tool of the library is said', async () => {
  await withRange()
  const code = RANGE.replaceAll('value_range', 'spread_of').replace(
    'max(values) - min(values)',
    '-(min(values) - max(values))',
  )
  const folder = await temporaryFolder()
  const skill = await temporaryFolder()
  await take(await writeFiles(folder, { 'spread_of.py': code }))
  await exportLibrary(opened.app, { format: 'skill', folder: skill, names: ['spread_of'] })
  await editFile(join(skill, 'spread-of/tests.json'), () => JSON.stringify(TESTS))
  await opened.library.remove('spread_of')
  const [item] = await take(skill)
  expect(item).toMatchObject({ state: 'verified', twin: { name: 'value_range', version: 1 } })
  expect(item?.notes.join(' ')).toContain('value_range version 1 does the same')
})

test('every form of export is read back as what the library has', async () => {
  await withRange()
  await take(await writeFiles(await temporaryFolder(), { 'relative_range.py': RELATIVE }))
  for (const format of ['skill', 'python', 'ai-sdk', 'bundle'] as const) {
    const folder = await temporaryFolder()
    await exportLibrary(opened.app, { format, folder })
    expect((await take(folder)).map(({ outcome }) => outcome)).toEqual(['same', 'same'])
  }
})
