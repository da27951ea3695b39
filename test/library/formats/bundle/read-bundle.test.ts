import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../../../../src/contracts/json.ts'
import { hashOfTool } from '../../../../src/library/formats/bundle/bundle-file.ts'
import { exportTools } from '../../../../src/library/formats/export-tools.ts'
import { readTools } from '../../../../src/library/formats/read-tools.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { ALL_TOOLS, makeTool, MEAN } from '../support/tools.ts'

/** A bundle of one tool, changed by somebody who knows how the hashes are made. */
async function forge(change: (tool: JsonObject) => JsonObject, key?: string): Promise<string> {
  const folder = await temporaryFolder()
  await exportTools([MEAN], { format: 'bundle', folder })
  const path = join(folder, 'tools.handaxe.json')
  const bundle = JSON.parse(await readFile(path, 'utf8')) as { tools: { key: string; tool: JsonObject }[] }
  const tools = bundle.tools.map((entry) => {
    const tool = change(entry.tool)
    return { key: key ?? entry.key, hash: hashOfTool(tool), tool }
  })
  await writeFile(path, JSON.stringify({ ...bundle, tools }))
  return path
}

describe('a bundle', () => {
  test('holds everything, and may be called anything', async () => {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format: 'bundle', folder })
    const path = join(folder, 'from a colleague.json')
    await writeFile(path, await readFile(join(folder, 'tools.handaxe.json')))
    const { kind, candidates } = await readTools(path)
    expect(kind).toBe('bundle')
    expect(candidates.map(({ sourcePath }) => sourcePath)).toEqual(
      ['clamp_numbers@1', 'portfolio_return@1', 'rescale_numbers@1', 'weighted_mean@3'].map(
        (key) => `from a colleague.json#${key}`,
      ),
    )
    const {
      code: _code,
      tests: _tests,
      name: _name,
      language: _language,
      whenToUse: _use,
      exampleRequests: _requests,
      function: _function,
      admission: _admission,
      ...declared
    } = MEAN
    expect(candidates[3]?.declared).toEqual(declared)
  })

  test('says which tools only come along', async () => {
    const folder = await temporaryFolder()
    const older = makeTool({ ...MEAN, version: 2, code: `${MEAN.code}# older\n` })
    const user = makeTool({
      name: 'user',
      code: 'from tools import weighted_mean\n\n\ndef user(): ...\n',
      pins: [{ name: 'weighted_mean', version: 2 }],
    })
    await exportTools([user, MEAN], { format: 'bundle', folder, imported: [older] })
    const { candidates } = await readTools(folder)
    expect(
      candidates.map(({ name, declared, problems }) => [name, declared.version, declared.isImported, problems.length]),
    ).toEqual([
      ['user', 1, undefined, 2],
      ['weighted_mean', 2, true, 0],
      ['weighted_mean', 3, undefined, 0],
    ])
  })

  test.each([
    '../../../../etc/cron.d/x',
    'C:\\windows',
    'a/b',
    '__proto__',
    'constructor ',
    '',
    'tool\u0000',
    'x'.repeat(5000),
  ])('a name such as %j is not taken', async (name) => {
    const { candidates } = await readTools(await forge((tool) => ({ ...tool, name, code: 'x = 1\n' })))
    expect(candidates).toHaveLength(1)
    expect(candidates[0]).not.toHaveProperty('name')
    expect(candidates[0]?.problems.length).toBeGreaterThan(0)
  })

  test('a key that tries to be a path or a terminal sequence is only shown', async () => {
    const { candidates } = await readTools(await forge((tool) => tool, '../../x\u001B[2J\n'))
    expect(candidates[0]?.sourcePath).toBe(String.raw`tools.handaxe.json#../../x\u{1b}[2J\u{a}`)
  })

  test.each([
    ['no code', (tool: JsonObject): JsonObject => ({ ...tool, code: null }), 'code'],
    ['code that is too long', (tool: JsonObject): JsonObject => ({ ...tool, code: 'x'.repeat(300_000) }), 'code'],
    ['another language', (tool: JsonObject): JsonObject => ({ ...tool, language: 'ruby' }), 'language'],
    ['NUL in the code', (tool: JsonObject): JsonObject => ({ ...tool, code: 'x\0' }), 'NUL'],
    ['a state that is none', (tool: JsonObject): JsonObject => ({ ...tool, state: 'root' }), 'state'],
    ['a version below 1', (tool: JsonObject): JsonObject => ({ ...tool, version: 0 }), 'version'],
  ])('%s: the entry is left out, with the reason', async (_what, change, reason) => {
    const { candidates, leftOut } = await readTools(await forge(change))
    expect(candidates).toEqual([])
    expect(leftOut).toEqual([{ path: 'tools.handaxe.json#weighted_mean@3', reason: expect.stringContaining(reason) }])
  })

  test('what may be missing is missing', async () => {
    const { candidates } = await readTools(
      await forge(({ name = '', language = '', code = '' }) => ({ name, language, code })),
    )
    expect(candidates[0]).toMatchObject({ name: 'weighted_mean', tests: [], declared: {}, problems: [] })
    expect(candidates[0]).not.toHaveProperty('whenToUse')
  })

  test('tests that are no list, or too many, do not lose the tool', async () => {
    const one = { name: 'x', kind: 'error', arguments: {} }
    const many = await readTools(await forge((tool) => ({ ...tool, tests: Array.from({ length: 1500 }, () => one) })))
    expect(many.candidates[0]?.tests).toHaveLength(1000)
    expect(many.candidates[0]?.problems).toEqual([expect.stringContaining('more than 1000 tests')])
    const none = await readTools(await forge((tool) => ({ ...tool, tests: 'none' })))
    expect(none.candidates[0]).toMatchObject({ tests: [], problems: ['The tests are no list.'] })
  })

  test('two entries of one key are two candidates, and the root hash says that something is wrong', async () => {
    const path = await forge((tool) => tool)
    const bundle = JSON.parse(await readFile(path, 'utf8')) as { tools: unknown[] }
    await writeFile(path, JSON.stringify({ ...bundle, tools: [...bundle.tools, ...bundle.tools] }))
    const { candidates, manifest } = await readTools(path)
    expect(candidates).toHaveLength(2)
    expect(candidates.every(({ problems }) => problems[0]?.includes('same name'))).toBe(true)
    expect(manifest).toMatchObject({ ok: false, rootHashMatches: false })
  })

  test('a claim to be trusted is a claim', async () => {
    const { candidates } = await readTools(await forge((tool) => ({ ...tool, state: 'trusted', admin: true })))
    expect(candidates[0]?.declared).toMatchObject({ state: 'trusted' })
    expect(candidates[0]).not.toHaveProperty('state')
    expect(JSON.stringify(candidates[0])).not.toContain('admin')
  })
})
