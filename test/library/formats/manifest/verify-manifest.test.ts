import { rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exportTools } from '../../../../src/library/formats/export-tools.ts'
import { readManifest } from '../../../../src/library/formats/manifest/read-manifest.ts'
import { verifyManifest } from '../../../../src/library/formats/manifest/verify-manifest.ts'
import { readTools } from '../../../../src/library/formats/read-tools.ts'
import { editFile, readFiles, temporaryFolder, writeFiles } from '../support/temporary-folder.ts'
import { ALL_TOOLS, MEAN } from '../support/tools.ts'

async function exported(format: 'skill' | 'python' | 'ai-sdk' | 'bundle' = 'skill'): Promise<string> {
  const folder = await temporaryFolder()
  await exportTools(ALL_TOOLS, { format, folder })
  return folder
}

describe.each(['skill', 'python', 'ai-sdk', 'bundle'] as const)('the manifest of the form %s', (format) => {
  test('says what was exported, and that nothing changed', async () => {
    const folder = await exported(format)
    const manifest = await readManifest(folder)
    expect(manifest).toMatchObject({
      kind: format,
      formatVersion: 1,
      rootHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const names = Object.keys(manifest?.files ?? {})
    expect(names).toEqual(names.toSorted())
    if (format !== 'bundle') {
      expect(names).toEqual(Object.keys(await readFiles(folder)).filter((path) => path !== 'manifest.json'))
    }
    expect(await verifyManifest(folder)).toEqual({
      kind: format,
      rootHash: manifest?.rootHash,
      ok: true,
      rootHashMatches: true,
      changed: [],
      missing: [],
      added: [],
    })
  })
})

describe('a folder that was changed', () => {
  test('changed, missing and added files are told', async () => {
    const folder = await exported()
    await editFile(join(folder, 'weighted-mean/tests.json'), (text) => text.replace('22.5', '22.6'))
    await rm(join(folder, 'clamp-numbers/run.mjs'))
    await writeFiles(folder, {
      'weighted-mean/more.py': 'x',
      '.git/index': 'x',
      'weighted-mean/__pycache__/x.pyc': 'x',
    })
    expect(await verifyManifest(folder)).toMatchObject({
      ok: false,
      rootHashMatches: true,
      changed: ['weighted-mean/tests.json'],
      missing: ['clamp-numbers/run.mjs'],
      added: ['weighted-mean/more.py'],
    })
  })

  test('a link in the place of a file is a missing file, whatever it leads to', async () => {
    const folder = await exported()
    const path = join(folder, 'weighted-mean/SKILL.md')
    const { 'weighted-mean/SKILL.md': text = '' } = await readFiles(folder)
    await rm(path)
    await writeFile(`${folder}-copy`, text)
    await symlink(`${folder}-copy`, path)
    expect(await verifyManifest(folder)).toMatchObject({ ok: false, missing: ['weighted-mean/SKILL.md'] })
    await rm(`${folder}-copy`)
  })

  test('an edit that is covered up in the list of files shows in the root hash', async () => {
    const folder = await exported()
    const manifest = await readManifest(folder)
    const hash = manifest?.files['weighted-mean/tests.json'] ?? ''
    await editFile(join(folder, 'manifest.json'), (text) => text.replace(hash, 'f'.repeat(64)))
    expect(await verifyManifest(folder)).toMatchObject({
      ok: false,
      rootHashMatches: false,
      changed: ['weighted-mean/tests.json'],
    })
  })

  test('a bundle tells which tool was edited, and survives being formatted', async () => {
    const folder = await exported('bundle')
    const path = join(folder, 'tools.handaxe.json')
    await editFile(path, (text) => JSON.stringify(JSON.parse(text)))
    expect(await verifyManifest(path)).toMatchObject({ ok: true })
    await editFile(path, (text) => text.replace('"expected":22.5', '"expected":22.6'))
    expect(await verifyManifest(path)).toMatchObject({ ok: false, rootHashMatches: true, changed: ['weighted_mean@3'] })
    const { candidates } = await readTools(path)
    expect(candidates.map(({ name, changed }) => [name, changed])).toEqual([
      ['clamp_numbers', false],
      ['portfolio_return', false],
      ['rescale_numbers', false],
      ['weighted_mean', true],
    ])
  })

  test('a bundle from which a tool was taken has another root hash', async () => {
    const folder = await exported('bundle')
    await editFile(join(folder, 'tools.handaxe.json'), (text) => {
      const bundle = JSON.parse(text) as { tools: unknown[] }
      return JSON.stringify({ ...bundle, tools: bundle.tools.slice(1) })
    })
    expect(await verifyManifest(folder)).toMatchObject({ ok: false, rootHashMatches: false, changed: [] })
  })
})

describe('manifests that are none', () => {
  test('no manifest, and one of somebody else, are null', async () => {
    const folder = await writeFiles(await temporaryFolder(), { 'a.py': 'x' })
    expect(await readManifest(folder)).toBeNull()
    expect(await verifyManifest(folder)).toBeNull()
    await writeFile(join(folder, 'manifest.json'), '{"manifest_version": 3, "name": "extension"}')
    expect(await verifyManifest(folder)).toBeNull()
  })

  test.each([
    ['{', 'is not JSON'],
    ['{"format":"handaxe-export","formatVersion":2}', 'newer handaxe'],
    ['{"format":"handaxe-export","formatVersion":1,"kind":"rpm"}', 'is damaged: kind'],
    ['{"format":"handaxe-export","formatVersion":1,"kind":"skill","rootHash":"x","files":{"a":1}}', 'is damaged'],
    ['{"format":"handaxe-export","formatVersion":1,"__proto__":{}}', '__proto__'],
    [`${'['.repeat(1000)}${']'.repeat(1000)}`, 'nested deeper than 300'],
    [`{"a": ${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'nested deeper than 300'],
    ['{"a": 1e999}', 'beyond the range'],
  ])('%.40s is an error, and the folder can still be read', async (text, message) => {
    const folder = await exported()
    await writeFile(join(folder, 'manifest.json'), text)
    await expect(readManifest(folder)).rejects.toMatchObject({
      code: 'invalid_input_file',
      message: expect.stringContaining(message),
    })
    const { candidates, manifest, notes } = await readTools(folder)
    expect(candidates).toHaveLength(4)
    expect(manifest).toBeNull()
    expect(notes).toEqual([expect.stringContaining('what changed is not known')])
    // Its own hashes are there still.
    expect(candidates.find(({ name }) => name === MEAN.name)?.changed).toBe(false)
  })

  test('a manifest that names files elsewhere reads none of them', async () => {
    const folder = await exported()
    await editFile(join(folder, 'manifest.json'), (text) =>
      text.replace(
        '"files": {',
        `"files": { "../../../etc/passwd": "${'0'.repeat(64)}", "/etc/hosts": "${'0'.repeat(64)}",`,
      ),
    )
    expect(await verifyManifest(folder)).toMatchObject({ changed: [], missing: ['../../../etc/passwd', '/etc/hosts'] })
  })
})
