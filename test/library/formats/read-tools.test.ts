import { mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { ToolReading } from '../../../src/contracts/exchange.ts'
import { exportTools } from '../../../src/library/formats/export-tools.ts'
import { readTools } from '../../../src/library/formats/read-tools.ts'
import { editFile, temporaryFolder, writeFiles } from './support/temporary-folder.ts'
import { CLAMP, MEAN } from './support/tools.ts'

async function read(files: Record<string, string | Uint8Array>, path = ''): Promise<ToolReading> {
  return readTools(join(await writeFiles(await temporaryFolder(), files), path))
}

const GOOD = (name: string): string =>
  `def ${name}(values: list[float]) -> float:\n    """Sum."""\n    return sum(values)\n`
const PAGE = (name: string, description = 'Sums numbers. Use it for totals.'): string =>
  `---\nname: ${name}\ndescription: ${description}\nlicense: MIT\n---\n\n# ${name}\n\nRun scripts/x.py.\n`

const summary = ({ candidates }: ToolReading): unknown[] =>
  candidates.map(({ sourcePath, name, problems }) => [sourcePath, name, problems])

describe('a single file', () => {
  test('Python: code, name, no claims', async () => {
    const { kind, candidates, leftOut, manifest } = await read({ 'total.py': GOOD('total') }, 'total.py')
    expect({ kind, leftOut, manifest }).toEqual({ kind: 'files', leftOut: [], manifest: null })
    expect(candidates).toEqual([
      {
        sourcePath: 'total.py',
        language: 'python',
        code: GOOD('total'),
        name: 'total',
        declared: {},
        changed: null,
        problems: [],
        notes: [],
      },
    ])
  })

  test('JavaScript: the name is that of its record', async () => {
    const { candidates } = await read({ 'x.mjs': CLAMP.code }, 'x.mjs')
    expect(candidates).toEqual([
      expect.objectContaining({ name: 'clamp_numbers', language: 'javascript', code: CLAMP.code, problems: [] }),
    ])
  })

  test('TypeScript: its types are taken out, and that is said', async () => {
    const code = CLAMP.code.replace('{ values, low = 0, high = 1 })', '{ values, low = 0, high = 1 }: Input): number[]')
    const { candidates } = await read({ 'x.ts': `interface Input { values: number[] }\n${code}` }, 'x.ts')
    expect(candidates[0]).toMatchObject({ name: 'clamp_numbers', language: 'javascript', problems: [] })
    expect(candidates[0]?.notes).toEqual(['It was TypeScript: its types were taken out.'])
    expect(candidates[0]?.code).toContain('\nexport default function clampNumbers({ values, low = 0, high = 1 }')
    expect(candidates[0]?.code).not.toMatch(/interface|number\[\]| \n/)
  })

  test.each([
    ['enum A { B }\nexport default function f() {}', 'enum is not supported'],
    ['export default function f(: {}', 'Unexpected token'],
    ['('.repeat(100_000), 'cannot be read as TypeScript'],
  ])('TypeScript that cannot be read is an error: %.30s', async (code, reason) => {
    await expect(read({ 'x.ts': code }, 'x.ts')).rejects.toMatchObject({
      code: 'invalid_input_file',
      message: expect.stringContaining(reason),
    })
    // What broke the reader once does not break it for the next one.
    const { candidates } = await read({ 'y.ts': 'export default function f(a: number) { return a as any }' }, 'y.ts')
    expect(candidates[0]).toMatchObject({ name: 'f' })
  })

  test.each([
    ['x.sh', 'echo', 'a language that tools are not written in'],
    ['x.txt', 'text', 'is no code'],
    ['x.cjs', 'module.exports = 1', 'CommonJS'],
    ['x.ipynb', '{}', 'notebook'],
    ['x.zip', 'PK', 'is an archive'],
    ['x.json', '{}', 'no bundle of tools'],
    ['x.json', '{"format": "handaxe-bundle", "formatVersion": 2, "tools": []}', 'newer handaxe'],
    ['x.json', '{"format": "handaxe-bundle"}', 'names no format version'],
    ['x.json', '{', 'is not JSON'],
    ['x.json', '', 'is not JSON'],
    ['x.py', '', 'has no public function'],
    ['x.py', 'import sys\nprint(1)\n', 'has no public function'],
    ['x.py', 'def _private(): pass\n', 'has no public function'],
    ['x.js', 'console.log(1)', 'exports nothing'],
    ['x.js', 'module.exports = () => 1', 'exports nothing'],
    ['x.js', 'export const a = 1', 'has no default export'],
    ['x.js', 'export default function (', 'SyntaxError'],
  ])('%s with %j is an error that says why: %s', async (name, content, reason) => {
    await expect(read({ [name]: content }, name)).rejects.toMatchObject({
      code: 'invalid_input_file',
      message: expect.stringContaining(reason),
      hint: expect.any(String),
    })
  })

  test('what is not there, and what is no file, are errors', async () => {
    await expect(read({ a: '' }, 'b')).rejects.toMatchObject({
      code: 'invalid_input_file',
      message: expect.stringContaining('is not there'),
    })
    await expect(readTools('/dev/null')).rejects.toMatchObject({ code: 'invalid_input_file' })
    const folder = await temporaryFolder()
    await symlink('nowhere', join(folder, 'dangling'))
    await expect(readTools(join(folder, 'dangling'))).rejects.toMatchObject({ code: 'invalid_input_file' })
  })

  test('what is wrong with a function is said, and it stays a candidate', async () => {
    const { candidates } = await read({
      'bare.py': 'def bare(a, b: int = 1, *rest, key, **more):\n    return a\n',
      'several.py': `${GOOD('one')}\n\n${GOOD('two')}`,
      'Camel.py': GOOD('camelCase'),
      'local.py': `from helpers import x\nimport pack.inner\nfrom . import y\nfrom ..z import w\nimport os\n${GOOD('local')}`,
      'helpers.py': 'def _x(): ...\n',
      'pack/inner.py': 'def _x(): ...\n',
      'broken.py': 'def broken(a: int) -> int:\n    """x"""\n    return a b c\n',
    })
    expect(Object.fromEntries(candidates.map(({ name, problems }) => [name ?? '', problems]))).toEqual({
      bare: [
        'bare has no docstring: it says what the tool gives, and what its parameters mean.',
        'There is no type hint for a, rest, key, more.',
        'The result has no type hint.',
      ],
      '': [
        'There are 2 public functions (one, two): a tool has one. Let the names of helpers begin with an underscore, or make a file of each.',
      ],
      local: ['helpers', 'pack.inner', '.', '..z'].map(
        (name) => `It imports ${name}, which lies beside it: a tool is a single module.`,
      ),
      broken: [],
    })
    expect(candidates.find(({ name }) => name === 'broken')?.notes).toEqual([expect.stringContaining('Line 3')])
  })

  test('a name that is none is no name, and a problem', async () => {
    const { candidates } = await read({
      'x.py': GOOD('camelCase'),
      'y.mjs': `export const tool = { name: '../../evil' }\nexport default () => 1`,
    })
    expect(candidates.map((candidate) => 'name' in candidate)).toEqual([false, false])
    expect(candidates.map(({ problems }) => problems.at(-1))).toEqual([
      '"camelCase" is no name for a tool: use snake_case.',
      '"../../evil" is no name for a tool: use snake_case.',
    ])
  })

  test('code that looks other than it is executed is a problem; what is not seen is worth a note', async () => {
    const { candidates } = await read({
      'x.py': `${GOOD('total')}# \u202E reversed\n`,
      'y.py': `${GOOD('other')}# zero\u200Bwidth \u001B[31mred\n`,
    })
    expect(candidates.map(({ problems, notes }) => [problems, notes])).toEqual([
      [['Line 4 can look other than it is executed: \\u{202e}.'], []],
      [[], ['Line 4 holds characters that are not seen: \\u{200b}, \\u{1b}.']],
    ])
  })
})

describe('a folder of files', () => {
  test('every file is a candidate, or left out with the reason', async () => {
    const reading = await read({
      'a.py': GOOD('a'),
      'deep/b.mjs': CLAMP.code,
      'deep/test_b.py': GOOD('test_b'),
      'setup.py': GOOD('setup'),
      'c.d.ts': 'export default function f(): void',
      'README.md': '# x',
      'run.sh': 'echo',
      '__pycache__/a.cpython-311.pyc': 'x',
      'node_modules/x/index.mjs': CLAMP.code,
      '.git/hooks/x.py': GOOD('hook'),
      '.hidden.py': GOOD('hidden'),
    })
    expect(summary(reading)).toEqual([
      ['a.py', 'a', []],
      ['deep/b.mjs', 'clamp_numbers', []],
    ])
    expect(reading.leftOut).toEqual([
      { path: '.git', reason: 'is hidden' },
      { path: '.hidden.py', reason: 'is hidden' },
      { path: 'README.md', reason: 'is no code' },
      { path: '__pycache__', reason: 'is made by tools, not written' },
      { path: 'c.d.ts', reason: 'belongs to a package or its tests' },
      { path: 'deep/test_b.py', reason: 'belongs to a package or its tests' },
      { path: 'node_modules', reason: 'is made by tools, not written' },
      { path: 'run.sh', reason: 'is of a language that tools are not written in' },
      { path: 'setup.py', reason: 'belongs to a package or its tests' },
    ])
  })

  test('two of one name know of each other', async () => {
    const { candidates } = await read({ 'a.py': GOOD('total'), 'b/a.py': GOOD('total'), 'c.py': GOOD('other') })
    expect(candidates.map(({ problems }) => problems)).toEqual([
      ['Another one has the same name: b/a.py.'],
      ['Another one has the same name: a.py.'],
      [],
    ])
  })

  test('an empty folder gives nothing', async () => {
    expect(await readTools(await temporaryFolder())).toEqual({
      kind: 'files',
      candidates: [],
      leftOut: [],
      manifest: null,
      notes: [],
    })
  })
})

describe('skills of others', () => {
  test('each script that could be a tool, with what the skill says', async () => {
    const reading = await read({
      'sums/SKILL.md': PAGE('sums'),
      'sums/scripts/total.py': GOOD('total'),
      'sums/scripts/cli.py': 'import argparse\nif __name__ == "__main__":\n    pass\n',
      'sums/scripts/go.sh': 'echo',
      'sums/references/GUIDE.md': 'text',
      'pair/SKILL.md': PAGE('pair', 'Two things.'),
      'pair/one.py': GOOD('one'),
      'pair/two.mjs': CLAMP.code,
      'stray.py': GOOD('stray'),
    })
    expect(reading.kind).toBe('skills')
    expect(
      reading.candidates.map(({ sourcePath, whenToUse, declared, changed }) => [
        sourcePath,
        whenToUse,
        declared,
        changed,
      ]),
    ).toEqual([
      ['pair/one.py', undefined, { skill: { name: 'pair', description: 'Two things.', license: 'MIT' } }, null],
      ['pair/two.mjs', undefined, { skill: { name: 'pair', description: 'Two things.', license: 'MIT' } }, null],
      [
        'sums/scripts/total.py',
        'Sums numbers. Use it for totals.',
        { skill: { name: 'sums', description: 'Sums numbers. Use it for totals.', license: 'MIT' } },
        null,
      ],
    ])
    expect(reading.leftOut).toEqual([
      { path: 'stray.py', reason: expect.stringContaining('outside of the skills') },
      { path: 'sums/references/GUIDE.md', reason: 'is no code' },
      { path: 'sums/scripts/cli.py', reason: expect.stringContaining('no public function') },
      { path: 'sums/scripts/go.sh', reason: expect.stringContaining('language') },
    ])
  })

  test('one skill by its own folder, beside one that handaxe exported', async () => {
    const folder = await temporaryFolder()
    await exportTools([MEAN], { format: 'skill', folder })
    await writeFiles(folder, { 'sums/SKILL.md': PAGE('sums'), 'sums/scripts/total.py': GOOD('total') })
    const { candidates, manifest } = await readTools(folder)
    expect(candidates.map(({ name, changed }) => [name, changed])).toEqual([
      ['total', null],
      ['weighted_mean', false],
    ])
    expect(manifest).toMatchObject({ ok: false, changed: [], added: ['sums/SKILL.md', 'sums/scripts/total.py'] })
    expect((await readTools(join(folder, 'sums'))).candidates[0]).toMatchObject({
      sourcePath: 'scripts/total.py',
      name: 'total',
    })
  })

  test.each([
    ['no frontmatter', '# sums\n', 'does not begin with a frontmatter'],
    ['an open frontmatter', '---\nname: x\ndescription: y\n', 'does not begin with a frontmatter'],
    ['no description', '---\nname: x\n---\n', 'description'],
    ['a list for a name', '---\nname: [x]\ndescription: y\n---\n', 'name'],
    ['aliases', '---\nname: &a x\ndescription: *a\n---\n', 'aliases'],
    ['a tag', '---\nname: !!js/function x\ndescription: y\n---\n', 'not plain YAML'],
    ['a key twice', '---\nname: x\nname: z\ndescription: y\n---\n', 'not plain YAML'],
    ['nested lists', `---\nname: x\ndescription: ${'['.repeat(3000)}\n---\n`, 'nested too deeply'],
    ['nested keys', `---\n${'? '.repeat(3000)}\n---\n`, 'nested too deeply'],
    ['too much of it', `---\nname: x\ndescription: ${'y'.repeat(20_000)}\n---\n`, 'longer than 16 KiB'],
  ])('a page with %s costs the description and not the scripts', async (_what, page, problem) => {
    const start = performance.now()
    const { candidates, notes } = await read({ 'SKILL.md': page, 'scripts/total.py': GOOD('total') })
    expect(candidates).toEqual([expect.objectContaining({ name: 'total', declared: {} })])
    expect(notes).toEqual([expect.stringContaining(problem)])
    expect(performance.now() - start).toBeLessThan(5000)
  })

  test('a record that pretends to be ours and is broken makes it a skill of others, with a note', async () => {
    for (const record of ['{', '[]', '{"format":"handaxe-tool","formatVersion":1}', `{"__proto__":1}`]) {
      const { candidates, notes } = await read({
        'SKILL.md': PAGE('sums'),
        'tool.json': record,
        'scripts/total.py': GOOD('total'),
      })
      expect(candidates).toEqual([
        expect.objectContaining({ name: 'total', whenToUse: 'Sums numbers. Use it for totals.' }),
      ])
      expect(notes).toHaveLength(record === '[]' ? 0 : 1)
    }
  })

  test('one of a newer format is left out, and not guessed at', async () => {
    const { candidates, leftOut } = await read({
      'sums/SKILL.md': PAGE('sums'),
      'sums/tool.json': '{"format":"handaxe-tool","formatVersion":7}',
      'sums/scripts/total.py': GOOD('total'),
    })
    expect(candidates).toEqual([])
    expect(leftOut).toEqual([
      { path: 'sums', reason: expect.stringContaining('newer handaxe: its format version is 7') },
    ])
  })

  test('a record that names a script elsewhere leads nowhere', async () => {
    const folder = await temporaryFolder()
    await exportTools([MEAN], { format: 'skill', folder: join(folder, 'skills') })
    await writeFiles(folder, { 'secret.py': GOOD('secret') })
    const record = join(folder, 'skills/weighted-mean/tool.json')
    for (const script of ['../../secret.py', join(folder, 'secret.py'), 'scripts/../../../secret.py']) {
      await editFile(record, (text) => text.replace(/"script": ".*"/, `"script": ${JSON.stringify(script)}`))
      const { candidates } = await readTools(join(folder, 'skills'))
      // It is the only script that is there.
      expect(candidates).toEqual([expect.objectContaining({ sourcePath: 'weighted-mean/scripts/weighted_mean.py' })])
    }
    await rm(join(folder, 'skills/weighted-mean/scripts'), { recursive: true })
    const { candidates, leftOut } = await readTools(join(folder, 'skills'))
    expect(candidates).toEqual([])
    expect(leftOut).toEqual([{ path: 'weighted-mean', reason: expect.stringContaining('which its tool.json names') }])
  })
})

describe('hostile folders', () => {
  test('links are named and never followed', async () => {
    const folder = await temporaryFolder()
    await writeFiles(folder, { 'secret/secret.py': GOOD('secret'), 'in/a.py': GOOD('a') })
    await symlink('../secret/secret.py', join(folder, 'in/file.py'))
    await symlink('../secret', join(folder, 'in/folder'))
    await symlink('..', join(folder, 'in/loop'))
    await symlink('/etc/passwd', join(folder, 'in/SKILL.md'))
    await symlink('loop', join(folder, 'in/manifest.json'))
    const reading = await readTools(join(folder, 'in'))
    expect(summary(reading)).toEqual([['a.py', 'a', []]])
    expect(reading.leftOut).toEqual(
      ['SKILL.md', 'file.py', 'folder', 'loop', 'manifest.json'].map((path) => ({
        path,
        reason: 'is a symbolic link',
      })),
    )
  })

  test('a link that the user names is followed', async () => {
    const folder = await temporaryFolder()
    await writeFiles(folder, { 'real/a.py': GOOD('a') })
    await symlink('real', join(folder, 'link'))
    expect(summary(await readTools(join(folder, 'link')))).toEqual([['a.py', 'a', []]])
  })

  test('pipes, huge files and files that are no text are left out in no time', async () => {
    const folder = await writeFiles(await temporaryFolder(), {
      'latin.py': Buffer.from('# \xe9\n', 'latin1'),
      'nul.py': 'x = 1\0',
      'utf16.py': Buffer.from(`\uFEFF${GOOD('a')}`, 'utf16le'),
      'bom.py': `\uFEFF${GOOD('bom')}`,
      'long.py': `x = "${'y'.repeat(256 * 1024)}"\n`,
      'huge.py': '',
    })
    await truncate(join(folder, 'huge.py'), 1024 ** 4)
    await promisify(execFile)('mkfifo', [join(folder, 'pipe.py')])
    const start = performance.now()
    const reading = await readTools(folder)
    expect(performance.now() - start).toBeLessThan(5000)
    expect(summary(reading)).toEqual([['bom.py', 'bom', []]])
    expect(reading.leftOut).toEqual([
      { path: 'huge.py', reason: 'is larger than 256 KiB' },
      { path: 'latin.py', reason: 'is not UTF-8 text' },
      { path: 'long.py', reason: 'is larger than 256 KiB' },
      { path: 'nul.py', reason: 'is not text: it holds NUL characters' },
      { path: 'pipe.py', reason: 'is no regular file' },
      { path: 'utf16.py', reason: 'is not UTF-8 text' },
    ])
  })

  test('folders without end are left at a depth', async () => {
    const folder = await temporaryFolder()
    const deep = `${'d/'.repeat(300)}`
    await writeFiles(folder, { [`${deep}x.py`]: GOOD('deep'), 'a.py': GOOD('a') })
    const reading = await readTools(folder)
    expect(summary(reading)).toEqual([['a.py', 'a', []]])
    expect(reading.leftOut).toEqual([{ path: 'd/'.repeat(13).slice(0, -1), reason: 'lies deeper than 12 folders' }])
  })

  test('names that would trick a terminal or a shell are shown, and read as they are', async () => {
    const folder = await writeFiles(await temporaryFolder(), {
      '\u001B[2J\n\u202Eyp.x.py': GOOD('a'),
      '-rf; $(id).py': GOOD('b'),
    })
    await writeFile(
      Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff, 0xfe]), Buffer.from('.py')]),
      GOOD('c'),
    )
    const reading = await readTools(folder)
    expect(reading.candidates.map(({ sourcePath, name }) => [sourcePath, name])).toEqual([
      ['-rf; $(id).py', 'b'],
      [String.raw`\u{1b}[2J\u{a}\u{202e}yp.x.py`, 'a'],
    ])
    expect(reading.leftOut).toEqual([
      { path: expect.stringMatching(/\.py$/), reason: 'cannot be found under its name' },
    ])
  })

  test('code that is nested without end is left out', async () => {
    const reading = await read({
      'a.py': `x = ${'('.repeat(130_000)}`,
      'b.py': `${'['.repeat(100_000)}\n${GOOD('b')}`,
      'c.mjs': `export default ${'['.repeat(100_000)}`,
      'd.mjs': `export default ${'a.'.repeat(60_000)}a`,
      'e.mjs': `export default ${'!'.repeat(200_000)}1`,
      'f.py': `x = ${'-'.repeat(200_000)}1\n${GOOD('f')}`,
      'g.py': `${'def f():'.repeat(30_000)}`,
    })
    const known = [
      ...reading.candidates.map(({ sourcePath }) => sourcePath),
      ...reading.leftOut.map(({ path }) => path),
    ]
    expect(known.toSorted()).toEqual(['a.py', 'b.py', 'c.mjs', 'd.mjs', 'e.mjs', 'f.py', 'g.py'])
  })

  test('many files: the reasons are bounded', async () => {
    const files = Object.fromEntries(Array.from({ length: 1500 }, (_, index) => [`${index}.txt`, 'x']))
    const { leftOut, notes } = await read(files)
    expect(leftOut).toHaveLength(1000)
    expect(notes).toEqual(['500 more files were left out.'])
  })

  test('a folder that may not be read costs nothing else', async () => {
    const folder = await writeFiles(await temporaryFolder(), { 'a.py': GOOD('a') })
    await mkdir(join(folder, 'closed'), { mode: 0o000 })
    const { candidates } = await readTools(folder)
    expect(candidates).toHaveLength(1)
  })

  test('reading changes nothing and runs nothing', async () => {
    const marker = join(await temporaryFolder(), 'marker')
    const attack = `import os\nos.system("touch ${marker}")\nopen("${marker}", "w")\n${GOOD('a')}`
    const script = `import { writeFileSync } from 'node:fs'\nwriteFileSync(${JSON.stringify(marker)}, '')\n${CLAMP.code}`
    const { candidates } = await read({ 'a.py': attack, 'b.mjs': script, 'c.ts': script })
    expect(candidates).toHaveLength(3)
    await expect(readTools(marker)).rejects.toMatchObject({ message: expect.stringContaining('is not there') })
  })
})
