import { createHash } from 'node:crypto'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { EXPORT_FORMATS } from '../../../src/contracts/exchange.ts'
import { exportTools } from '../../../src/library/formats/export-tools.ts'
import { editFile, readFiles, temporaryFolder, writeFiles } from './support/temporary-folder.ts'
import { ALL_TOOLS, CLAMP, makeTool, MEAN, RETURN_RATE } from './support/tools.ts'

describe.each(EXPORT_FORMATS)('the form %s', (format) => {
  test('gives the same bytes for the same tools, in whatever order they come', async () => {
    const [first, second] = [await temporaryFolder(), await temporaryFolder()]
    const one = await exportTools(ALL_TOOLS, { format, folder: first })
    const shuffled = ALL_TOOLS.toReversed().map((tool) => Object.fromEntries(Object.entries(tool).toReversed()))
    const other = await exportTools(shuffled as unknown as typeof ALL_TOOLS, { format, folder: second })
    expect(await readFiles(second)).toEqual(await readFiles(first))
    expect(other.rootHash).toBe(one.rootHash)
    expect(Object.keys(await readFiles(first)).toSorted()).toEqual(one.files.toSorted())
  })

  test('says nothing of this machine and of the time of the export', async () => {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format, folder })
    const text = Object.values(await readFiles(folder)).join('\n')
    expect(text).not.toContain(folder)
    expect(text).not.toContain(process.cwd())
    expect(text).not.toContain(new Date().toISOString().slice(0, 10))
  })

  test('is written over itself without a change, and without a complaint', async () => {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format, folder })
    const before = await readFiles(folder)
    const again = await exportTools(ALL_TOOLS, { format, folder })
    expect(await readFiles(folder)).toEqual(before)
    expect(again.removed).toEqual([])
  })

  test('is not written over edits by hand, unless that is asked for', async () => {
    const folder = await temporaryFolder()
    await exportTools([MEAN], { format, folder })
    const path =
      Object.keys(await readFiles(folder)).find((name) => /weighted_mean\.py$|handaxe\.json$/.test(name)) ?? ''
    await editFile(join(folder, path), (text) => text.replace('lists differ', 'lists or tuples differ'))
    const newer = makeTool({ ...MEAN, version: 4, code: `${MEAN.code}# newer\n` })
    await expect(exportTools([newer], { format, folder })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { edited: [path] },
    })
    expect(await readFile(join(folder, path), 'utf8')).toContain('lists or tuples differ')
    await exportTools([newer], { format, folder, overwrite: true })
    expect(await readFile(join(folder, path), 'utf8')).not.toContain('lists or tuples differ')
  })

  test('keeps out of a folder that holds another form', async () => {
    const folder = await temporaryFolder()
    const other = format === 'bundle' ? 'skill' : 'bundle'
    await exportTools([MEAN], { format: other, folder })
    const before = await readFiles(folder)
    await expect(exportTools([MEAN], { format, folder, overwrite: true })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { kind: other },
    })
    expect(await readFiles(folder)).toEqual(before)
  })
})

describe('what is exported', () => {
  test('a small change of one tool changes few lines', async () => {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format: 'skill', folder })
    const before = await readFiles(folder)
    const edited = { ...CLAMP, version: 2, whenToUse: 'Sensor values.' }
    const others = ALL_TOOLS.filter(({ name }) => name !== 'clamp_numbers' && name !== 'rescale_numbers')
    await exportTools([...others, edited], { format: 'skill', folder, overwrite: true })
    const after = await readFiles(folder)
    const changed = Object.keys(after).filter((path) => after[path] !== before[path])
    expect(changed).toEqual(['clamp-numbers/SKILL.md', 'clamp-numbers/tool.json', 'manifest.json'])
    const lines = changed.flatMap((path) => {
      const old = new Set(before[path]?.split('\n'))
      return (after[path] ?? '').split('\n').filter((line) => !old.has(line))
    })
    expect(lines.length).toBeLessThan(14)
  })

  test('of two versions the newer one, and the older where another tool imports it', async () => {
    const folder = await temporaryFolder()
    const newer = makeTool({ ...MEAN, version: 4, code: MEAN.code.replace('add up to 0")', 'sum to 0")') })
    const { tools } = await exportTools([MEAN, RETURN_RATE, newer], { format: 'python', folder })
    expect(tools).toEqual([
      { name: 'portfolio_return', version: 1 },
      { name: 'weighted_mean', version: 4 },
    ])
    const files = await readFiles(folder)
    expect(files['src/handaxe_tools/weighted_mean.py']).toContain('sum to 0')
    expect(files['src/handaxe_tools/weighted_mean__v3.py']).toContain('add up to 0')
    expect(files['src/handaxe_tools/portfolio_return.py']).toContain('weighted_mean__v3 as mean')
    expect(files['src/handaxe_tools/__init__.py']).not.toContain('"weighted_mean__v3"')
  })

  test('what a tool imports comes along without being a skill of its own', async () => {
    const folder = await temporaryFolder()
    await exportTools([RETURN_RATE], { format: 'skill', folder, imported: [MEAN] })
    const paths = Object.keys(await readFiles(folder))
    expect(paths).toContain('portfolio-return/imports/tools/weighted_mean.py')
    expect(paths.filter((path) => path.startsWith('weighted-mean/'))).toEqual([])
  })

  test('a tool whose import is missing is refused before anything is written', async () => {
    const folder = join(await temporaryFolder(), 'new')
    await expect(exportTools([RETURN_RATE], { format: 'skill', folder })).rejects.toMatchObject({
      code: 'tool_rejected',
      message: expect.stringContaining('imports version 3 of weighted_mean'),
    })
    await expect(readFiles(folder)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  test('tools that import each other are refused', async () => {
    const one = makeTool({ name: 'one', code: 'x', pins: [{ name: 'two', version: 1 }] })
    const two = makeTool({ name: 'two', code: 'x', pins: [{ name: 'one', version: 1 }] })
    const folder = await temporaryFolder()
    await expect(exportTools([one, two], { format: 'bundle', folder })).rejects.toMatchObject({ code: 'tool_rejected' })
  })

  test.each([
    '../../etc/cron.d/tool',
    '/etc/tool',
    'a/b',
    'a\\b',
    '',
    '.',
    'CON',
    'tool\n',
    'tool__v2',
    '__proto__',
    'a'.repeat(101),
  ])('a name that is none is refused: %j', async (name) => {
    const folder = await temporaryFolder()
    await expect(exportTools([makeTool({ name, code: 'x' })], { format: 'skill', folder })).rejects.toMatchObject({
      code: 'tool_rejected',
    })
    expect(await readFiles(folder)).toEqual({})
  })

  test('one version with two codes is refused', async () => {
    const other = makeTool({ ...MEAN, code: 'def weighted_mean(): ...\n', codeHash: 'f'.repeat(64) })
    const folder = await temporaryFolder()
    await expect(exportTools([MEAN, other], { format: 'bundle', folder })).rejects.toMatchObject({
      code: 'tool_rejected',
    })
  })

  test('nothing, an unknown form and a bad package name are refused with what to do', async () => {
    const folder = await temporaryFolder()
    const failure = { code: 'invalid_request', hint: expect.any(String) as string }
    await expect(exportTools([], { format: 'bundle', folder })).rejects.toMatchObject(failure)
    await expect(exportTools([MEAN], { format: 'rpm' as 'skill', folder })).rejects.toMatchObject(failure)
    await expect(exportTools([CLAMP], { format: 'python', folder })).rejects.toMatchObject({
      ...failure,
      message: expect.stringContaining('is written in javascript'),
    })
    for (const packageName of ['Tools', 'a-b', 'class', 'tools', '', '../x', 'é']) {
      await expect(exportTools([MEAN], { format: 'python', folder, packageName })).rejects.toMatchObject(failure)
    }
    for (const packageVersion of ['1', '1.0', '1.0.0\ndependencies = ["x"]', 'v1.0.0']) {
      await expect(exportTools([MEAN], { format: 'python', folder, packageVersion })).rejects.toMatchObject(failure)
    }
    expect(await readFiles(folder)).toEqual({})
  })

  test('the root hash is what `sha256sum` gives of its own lines', async () => {
    const folder = await temporaryFolder()
    const { rootHash } = await exportTools(ALL_TOOLS, { format: 'skill', folder })
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
    const files = Object.entries(await readFiles(folder)).filter(([path]) => path !== 'manifest.json')
    expect(rootHash).toBe(hash(files.map(([path, content]) => `${hash(content)}  ${path}\n`).join('')))
  })
})

describe('the folder that is written to', () => {
  test('files that no export wrote stay as they are', async () => {
    const folder = await temporaryFolder()
    await writeFiles(folder, { 'README.md': 'ours', '.git/config': 'git', 'weighted-mean/NOTES.md': 'mine' })
    await exportTools([MEAN, CLAMP], { format: 'skill', folder })
    const { removed } = await exportTools([CLAMP], { format: 'skill', folder })
    const files = await readFiles(folder)
    expect(files).toMatchObject({ 'README.md': 'ours', '.git/config': 'git', 'weighted-mean/NOTES.md': 'mine' })
    expect(removed).toContain('weighted-mean/SKILL.md')
    expect(Object.keys(files).filter((path) => path.startsWith('weighted-mean/'))).toEqual(['weighted-mean/NOTES.md'])
  })

  test('a file of the same name that is not ours is not replaced', async () => {
    const folder = await temporaryFolder()
    await writeFiles(folder, { 'manifest.json': '{"name":"a browser extension"}' })
    await expect(exportTools([MEAN], { format: 'skill', folder })).rejects.toMatchObject({
      code: 'invalid_request',
      details: { edited: ['manifest.json'] },
    })
    expect(await readFiles(folder)).toEqual({ 'manifest.json': '{"name":"a browser extension"}' })
  })

  test('an edited file of a tool that is gone is not removed', async () => {
    const folder = await temporaryFolder()
    await exportTools([MEAN, CLAMP], { format: 'skill', folder })
    await editFile(join(folder, 'weighted-mean/tests.json'), (text) => text.replace('22.5', '22.6'))
    await expect(exportTools([CLAMP], { format: 'skill', folder })).rejects.toMatchObject({
      details: { edited: ['weighted-mean/tests.json'] },
    })
  })

  test('an edit that the library has taken over is no conflict', async () => {
    const folder = await temporaryFolder()
    await exportTools([MEAN], { format: 'skill', folder })
    const code = MEAN.code.replace('lists differ', 'two lists differ')
    await editFile(join(folder, 'weighted-mean/scripts/weighted_mean.py'), () => code)
    const { files } = await exportTools([makeTool({ ...MEAN, code, codeHash: 'a'.repeat(64) })], {
      format: 'skill',
      folder,
    })
    expect(files).toContain('weighted-mean/scripts/weighted_mean.py')
  })

  test('a manifest that was edited protects what it names, and leads nowhere else', async () => {
    const parent = await temporaryFolder()
    const folder = join(parent, 'out')
    await writeFiles(parent, { 'precious.txt': 'precious', 'out/.env': 'precious', 'out/own.txt': 'precious' })
    await exportTools([MEAN, CLAMP], { format: 'skill', folder })
    const hash = createHash('sha256').update('precious').digest('hex')
    await editFile(join(folder, 'manifest.json'), (text) =>
      text.replace('"files": {', `"files": { "../precious.txt": "${hash}", ".env": "${hash}",`),
    )
    await expect(exportTools([MEAN], { format: 'skill', folder })).rejects.toMatchObject({
      details: { edited: ['manifest.json'] },
    })
    await exportTools([MEAN], { format: 'skill', folder, overwrite: true })
    const left = await readFiles(parent)
    expect(left).toMatchObject({ 'precious.txt': 'precious', 'out/.env': 'precious', 'out/own.txt': 'precious' })
  })

  test('a link in the place of a file is replaced, and not written through', async () => {
    const folder = await temporaryFolder()
    await writeFiles(folder, { 'victim.txt': 'precious' })
    await mkdir(join(folder, 'out'))
    await symlink('../victim.txt', join(folder, 'out/tools.handaxe.json'))
    await expect(exportTools([MEAN], { format: 'bundle', folder: join(folder, 'out') })).rejects.toMatchObject({
      code: 'invalid_input_file',
    })
    await exportTools([MEAN], { format: 'bundle', folder: join(folder, 'out'), overwrite: true })
    expect((await readFiles(folder))['victim.txt']).toBe('precious')
  })

  test('a link in the place of a folder is not gone through', async () => {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'elsewhere'))
    await mkdir(join(folder, 'out'))
    await symlink('../elsewhere', join(folder, 'out/weighted-mean'))
    await expect(
      exportTools([MEAN], { format: 'skill', folder: join(folder, 'out'), overwrite: true }),
    ).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('it is no folder') })
    expect(await readFiles(join(folder, 'elsewhere'))).toEqual({})
  })

  test('a file in the place of the folder is refused', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'out'), 'a file')
    await expect(exportTools([MEAN], { format: 'skill', folder: join(folder, 'out') })).rejects.toMatchObject({
      code: 'invalid_request',
      hint: expect.any(String),
    })
  })

  test('a folder that cannot be made is refused', async () => {
    // Not even root makes folders there.
    await expect(exportTools([MEAN], { format: 'skill', folder: '/proc/handaxe-tools' })).rejects.toMatchObject({
      code: 'invalid_request',
      hint: 'Name a folder that you may write to.',
    })
  })

  test('no temporary file stays behind', async () => {
    const folder = await temporaryFolder()
    const { files } = await exportTools(ALL_TOOLS, { format: 'skill', folder })
    expect(Object.keys(await readFiles(folder)).toSorted()).toEqual(files.toSorted())
  })
})
