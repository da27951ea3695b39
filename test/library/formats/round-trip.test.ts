import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ImportCandidate } from '../../../src/contracts/exchange.ts'
import type { ToolVersion } from '../../../src/contracts/tool.ts'
import { diffTools } from '../../../src/library/formats/diff-tools.ts'
import { exportTools } from '../../../src/library/formats/export-tools.ts'
import { removeHidden, toOneLine } from '../../../src/library/formats/hidden-characters.ts'
import { readTools } from '../../../src/library/formats/read-tools.ts'
import { tool as anyTool, tools as anyTools, uglyText } from './support/arbitraries.ts'
import { editFile, readFiles, temporaryFolder } from './support/temporary-folder.ts'
import { ALL_TOOLS, CLAMP, makeTool, MEAN } from './support/tools.ts'

/** What a person or a library may change; the rest is read from the code again. */
function contentOf(tool: ToolVersion | ImportCandidate): unknown {
  const { name, language, code, whenToUse, exampleRequests, tests } = tool
  return { name, language, code, whenToUse, exampleRequests, tests: plain(tests) }
}

/** As it would be after a journey through JSON: -0 is 0. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

function rehash({ codeHash: _hash, ...tool }: ToolVersion): ToolVersion {
  return makeTool(tool)
}

function byName<Tool extends { name?: string }>(tools: readonly Tool[]): Tool[] {
  return tools.toSorted((left, right) => ((left.name ?? '') < (right.name ?? '') ? -1 : 1))
}

describe.each(['skill', 'bundle', 'ai-sdk', 'python'] as const)('the form %s', (format) => {
  test('gives back the tools that went out, whatever their texts are', async () => {
    await fc.assert(
      fc.asyncProperty(anyTools, async (all) => {
        const tools = format === 'python' ? all.filter(({ language }) => language === 'python') : all
        fc.pre(tools.length > 0)
        const folder = await temporaryFolder()
        await exportTools(tools, { format, folder })
        const reading = await readTools(folder)
        expect(reading.leftOut).toEqual([])
        expect(reading.manifest?.ok).toBe(true)
        const candidates = byName(reading.candidates)
        expect(candidates.map(contentOf)).toEqual(byName(tools).map(contentOf))
        expect(candidates.every(({ changed }) => changed === false)).toBe(true)
        expect(candidates.flatMap(({ notes }) => notes.filter((note) => !/not seen/.test(note)))).toEqual([])
        const declared = candidates.map((candidate) => candidate.declared)
        expect(declared).toEqual(
          byName(tools).map((tool) =>
            expect.objectContaining({ version: tool.version, state: 'verified', provenance: tool.provenance }),
          ),
        )
        const sorted = byName(tools)
        expect(plain(declared.map(({ inputSchema }) => inputSchema))).toEqual(
          sorted.map(({ inputSchema }) => plain(inputSchema)),
        )
      }),
      { numRuns: 60, seed: 1 },
    )
  }, 120_000)
})

describe('a skill that is edited by hand', () => {
  async function edit(change: (folder: string) => Promise<void>): Promise<ImportCandidate> {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format: 'skill', folder })
    await change(join(folder, 'weighted-mean'))
    const { candidates } = await readTools(folder)
    expect(candidates.map(({ name, changed }) => [name, changed])).toEqual([
      ['clamp_numbers', false],
      ['portfolio_return', false],
      ['rescale_numbers', false],
      ['weighted_mean', true],
    ])
    return candidates.find(({ name }) => name === 'weighted_mean') as ImportCandidate
  }

  const original = contentOf(MEAN) as Record<string, unknown>

  test('its code: the rest stays', async () => {
    const candidate = await edit((folder) =>
      editFile(join(folder, 'scripts/weighted_mean.py'), (text) => text.replace('lists differ', 'two lists differ')),
    )
    expect(contentOf(candidate)).toEqual({ ...original, code: MEAN.code.replace('lists differ', 'two lists differ') })
    const [difference] = diffTools([MEAN], [candidate])
    expect(difference).toMatchObject({ change: 'changed', lines: [] })
    expect(difference?.codeDiff).toContain('-        ValueError: If the lists differ')
    expect(difference?.codeDiff).toContain('+        ValueError: If the two lists differ')
  })

  test('its page: when to use it, and the requests', async () => {
    const candidate = await edit((folder) =>
      editFile(join(folder, 'SKILL.md'), (text) =>
        text
          .replace(
            '\n\nAverages in which the items count differently.',
            '\n\nAverages.\n\n```\n## not a heading\n```\n\n- a list',
          )
          .replace('- weighted average of the grades\n', '* mean by turnover\n* [ ] \n'),
      ),
    )
    expect(contentOf(candidate)).toEqual({
      ...original,
      whenToUse: 'Averages.\n\n```\n## not a heading\n```\n\n- a list',
      exampleRequests: ['average price weighted by quantity', 'mean by turnover', '[ ]'],
    })
    expect(candidate.notes).toEqual([])
  })

  test('a part of its page that is deleted says nothing', async () => {
    const candidate = await edit((folder) =>
      editFile(join(folder, 'SKILL.md'), (text) => text.replace(/## Requests[\s\S]*?(?=## How)/, '')),
    )
    expect(contentOf(candidate)).toEqual({ ...original, exampleRequests: [] })
  })

  test('what is only shown on its page is not taken, and that is said', async () => {
    const candidate = await edit((folder) =>
      editFile(join(folder, 'SKILL.md'), (text) => text.replace('Weighted arithmetic mean', 'Another mean')),
    )
    expect(contentOf(candidate)).toEqual(original)
    expect(candidate.notes).toEqual([expect.stringContaining('SKILL.md was edited where it is not read')])
  })

  test('its record: the texts there count while the page is as it was', async () => {
    const candidate = await edit((folder) =>
      editFile(join(folder, 'tool.json'), (text) => text.replace('the items count differently', 'nothing counts')),
    )
    expect(contentOf(candidate)).toEqual({ ...original, whenToUse: 'Averages in which nothing counts.' })
  })

  test('its tests: one changed, one added by hand, one broken', async () => {
    const candidate = await edit((folder) =>
      editFile(join(folder, 'tests.json'), (text) =>
        text
          .replace('22.5', '22.6')
          .replace(/\]\n$/, ', { "name": "new", "kind": "error", "arguments": {} }, { "name": "?", "kind": "magic" }]'),
      ),
    )
    expect(candidate.tests).toHaveLength(MEAN.tests.length + 1)
    expect(candidate.tests?.[0]).toMatchObject({ expected: 22.6 })
    expect(candidate.problems).toEqual([expect.stringContaining('Test 8 cannot be taken')])
    expect(diffTools([MEAN], [candidate])[0]?.lines).toEqual([
      expect.stringMatching(/^test changed: "weighs the items"/),
      'test added: "new"',
    ])
  })

  test('a script that is renamed with its function is the same tool under another name', async () => {
    const folder = await temporaryFolder()
    await exportTools([MEAN], { format: 'skill', folder })
    const script = join(folder, 'weighted-mean/scripts/weighted_mean.py')
    const code = (await readFile(script, 'utf8')).replaceAll('def weighted_mean', 'def mean_by_weight')
    await writeFile(join(folder, 'weighted-mean/scripts/mean_by_weight.py'), code)
    await rm(script)
    const { candidates, leftOut } = await readTools(folder)
    expect(leftOut).toEqual([])
    expect(candidates).toEqual([expect.objectContaining({ name: 'mean_by_weight', code, changed: true })])
    expect(candidates[0]?.notes).toEqual([
      'Its record calls it weighted_mean, its code mean_by_weight: the code counts.',
    ])
  })

  test('a syntax error does not lose it', async () => {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format: 'skill', folder })
    await editFile(join(folder, 'clamp-numbers/scripts/clamp_numbers.mjs'), (text) =>
      text.replace('return', 'retrun 1 +'),
    )
    const { candidates } = await readTools(folder)
    const clamp = candidates.find(({ name }) => name === 'clamp_numbers')
    expect(clamp).toMatchObject({ changed: true, problems: [expect.stringMatching(/Line 19: SyntaxError/)] })
  })

  test('line ends that git turned are no change', async () => {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format: 'skill', folder })
    for (const [path, text] of Object.entries(await readFiles(folder))) {
      await writeFile(join(folder, path), text.replaceAll('\n', '\r\n'))
    }
    const { candidates, manifest } = await readTools(folder)
    expect(manifest?.ok).toBe(true)
    expect(diffTools(ALL_TOOLS, candidates).map(({ change }) => change)).toEqual(['same', 'same', 'same', 'same'])
    expect(candidates.every(({ changed }) => changed === false)).toBe(true)
  })

  test('a tool that is kept with other line ends comes back with them', async () => {
    const tools = [makeTool({ ...MEAN, code: MEAN.code.replaceAll('\n', '\r\n'), codeHash: '' })].map(rehash)
    for (const format of ['skill', 'python', 'bundle'] as const) {
      const folder = await temporaryFolder()
      await exportTools(tools, { format, folder })
      const { candidates } = await readTools(folder)
      expect(candidates).toEqual([expect.objectContaining({ code: tools[0]?.code, changed: false })])
    }
  })

  test('copied out of its export it can still be told from an edited one', async () => {
    const folder = await temporaryFolder()
    await exportTools([MEAN], { format: 'skill', folder })
    const skill = join(folder, 'weighted-mean')
    expect((await readTools(skill)).candidates[0]).toMatchObject({ changed: false })
    expect((await readTools(join(skill, 'SKILL.md'))).candidates[0]).toMatchObject({
      name: 'weighted_mean',
      changed: false,
    })
    await editFile(join(skill, 'tests.json'), (text) => text.replace('22.5', '22.6'))
    expect((await readTools(skill)).candidates[0]).toMatchObject({ changed: true })
    await editFile(join(skill, 'tool.json'), (text) => text.replace(/"hashes"[\s\S]*$/, '"hashes": {}\n}\n'))
    expect((await readTools(skill)).candidates[0]).toMatchObject({ changed: null })
  })

  test('a skill of another export is held against its own record', async () => {
    const [folder, other] = [await temporaryFolder(), await temporaryFolder()]
    await exportTools([MEAN], { format: 'skill', folder })
    await exportTools([CLAMP], { format: 'skill', folder: other })
    await cp(join(other, 'clamp-numbers'), join(folder, 'clamp-numbers'), { recursive: true })
    const changes = async (): Promise<unknown> => (await readTools(folder)).candidates.map(({ changed }) => changed)
    expect(await changes()).toEqual([false, false])
    await editFile(join(folder, 'clamp-numbers/tests.json'), (text) => text.replace('0.5', '0.25'))
    expect(await changes()).toEqual([true, false])
  })

  test('a generated file that was edited is named, with what to edit instead', async () => {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format: 'skill', folder })
    await editFile(join(folder, 'portfolio-return/run.py'), (text) => `${text}# mine\n`)
    await editFile(join(folder, 'portfolio-return/imports/tools/weighted_mean.py'), (text) => `${text}# mine\n`)
    const { leftOut, candidates } = await readTools(folder)
    expect(leftOut).toEqual([
      {
        path: 'portfolio-return/imports/tools/weighted_mean.py',
        reason: expect.stringContaining('edit the skill of weighted_mean.py'),
      },
      { path: 'portfolio-return/run.py', reason: expect.stringContaining('edit scripts/portfolio_return.py') },
    ])
    expect(candidates.every(({ changed }) => changed === false)).toBe(true)
  })

  test('any text that is written to its page comes back, as far as a page can hold it', async () => {
    await fc.assert(
      fc.asyncProperty(anyTool, uglyText, uglyText, async (given, use, request) => {
        const folder = await temporaryFolder()
        await exportTools([given], { format: 'skill', folder })
        // As an export would write them, which a person may do by hand.
        const other = await temporaryFolder()
        await exportTools([{ ...given, whenToUse: use, exampleRequests: [request] }], {
          format: 'skill',
          folder: other,
        })
        const files = await readFiles(other)
        const page = Object.keys(files).find((path) => path.endsWith('SKILL.md')) ?? ''
        await writeFile(join(folder, page), files[page] ?? '')
        const { candidates } = await readTools(folder)
        const asShown = (text: string): string => removeHidden(text).trim()
        expect(candidates.map(({ whenToUse = '' }) => asShown(whenToUse))).toEqual([asShown(use)])
        const requests = candidates.flatMap(({ exampleRequests = [] }) => exampleRequests.map(toOneLine))
        const shown = (text: string): boolean => text !== ''
        expect(requests.filter(shown)).toEqual([toOneLine(request)].filter(shown))
      }),
      { numRuns: 60, seed: 2 },
    )
  }, 120_000)
})

describe('a Python package that is edited by hand', () => {
  test('its code comes back with the imports of the library, new modules included', async () => {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format: 'python', folder, packageName: 'team_tools' })
    const source = join(folder, 'src/team_tools')
    await editFile(join(source, 'portfolio_return.py'), (text) =>
      text.replace('from . import', 'from .  import').replace('* 100', '* 1_000'),
    )
    const code = `from .weighted_mean import weighted_mean\nimport team_tools as tools\n\n\ndef plain_mean(values: list[float]) -> float:\n    """Mean."""\n    return weighted_mean(values, [1] * len(values))\n`
    await writeFile(join(source, 'plain_mean.py'), code)
    await editFile(join(folder, 'tests/test_weighted_mean.py'), (text) => text.replace('22.5', '22.6'))
    const { kind, candidates, leftOut } = await readTools(folder)
    expect(kind).toBe('python-package')
    expect(candidates.map(({ name, changed, problems }) => [name, changed, problems])).toEqual([
      ['plain_mean', null, []],
      ['portfolio_return', true, []],
      ['weighted_mean', false, []],
    ])
    expect(candidates[0]?.code).toBe(
      code.replace('from .weighted_mean', 'from tools').replace('import team_tools as tools', 'import tools'),
    )
    expect(candidates[1]?.code).toContain('from tools  import (\n    weighted_mean as mean,  # of the returns\n)')
    expect(leftOut).toEqual([{ path: 'tests/test_weighted_mean.py', reason: expect.stringContaining('tools.json') }])
  })

  test('the record of one tool that is edited changes that one', async () => {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format: 'python', folder })
    await editFile(join(folder, 'tools.json'), (text) => text.replace('"expected": 22.5', '"expected": 22.6'))
    const { candidates, manifest } = await readTools(folder)
    expect(manifest).toMatchObject({ ok: false, changed: ['tools.json'] })
    expect(candidates.map(({ name, changed }) => [name, changed])).toEqual([
      ['portfolio_return', false],
      ['weighted_mean', true],
    ])
  })

  test('imports of an older version lead to the tool, which comes along', async () => {
    const folder = await temporaryFolder()
    const newer = rehash({ ...MEAN, version: 4, code: MEAN.code.replace('add up to 0"', 'sum to 0"') })
    await exportTools([...ALL_TOOLS, newer], { format: 'python', folder })
    const { candidates } = await readTools(folder)
    expect(
      candidates.map(({ name, declared, problems }) => [name, declared.version, declared.isImported, problems]),
    ).toEqual([
      ['portfolio_return', 1, undefined, []],
      ['weighted_mean', 4, undefined, []],
      ['weighted_mean', 3, true, []],
    ])
    expect(candidates[0]?.code).toBe(ALL_TOOLS.find(({ name }) => name === 'portfolio_return')?.code)
    expect(candidates[0]?.changed).toBe(false)
  })
})
