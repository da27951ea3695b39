import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { listPythonModules, removeScripts } from '../../../../src/sandbox/environments/python/read-distributions.ts'

let target: string
beforeEach(async () => {
  target = await mkdtemp(join(tmpdir(), 'handaxe-distributions-'))
})
afterEach(() => rm(target, { recursive: true, force: true }))

async function install(name: string, files: string[]): Promise<void> {
  const info = join(target, `${name}-1.0.dist-info`)
  await mkdir(info)
  await writeFile(
    join(info, 'METADATA'),
    `Metadata-Version: 2.1\r\nName: ${name}\r\nVersion: 1.0\r\n\r\nName: not-this\r\n`,
  )
  await writeFile(join(info, 'RECORD'), files.map((file) => `${file},sha256=x,1\n`).join(''))
}

test.each([
  ['a package', ['x/__init__.py', 'x/y.py', 'x/sub/__init__.py'], ['x']],
  ['a single file', ['six.py', '__pycache__/six.cpython-311.pyc'], ['six']],
  ['a compiled module', ['_speed.cpython-311-x86_64-linux-gnu.so', 'fast.abi3.so'], ['fast']],
  ['only private modules', ['_cffi_backend.cpython-311-x86_64-linux-gnu.so'], ['_cffi_backend']],
  [
    'a namespace',
    ['google/protobuf/__init__.py', 'google/_upb/_message.abi3.so', 'google/protobuf/any.py'],
    ['google.protobuf'],
  ],
  ['a namespace without packages', ['space/one.py', 'space/two.py'], ['space']],
  [
    'libraries and data beside it',
    ['x/__init__.py', 'x.libs/libgomp.so', 'share/man/x.1', 'x-1.0.dist-info/METADATA'],
    ['x'],
  ],
  ['tests packed by mistake', ['x/__init__.py', 'tests/__init__.py', 'docs/conf.py'], ['x']],
  ['nothing but tests', ['tests/__init__.py'], ['tests']],
  ['quoted paths', ['"x/a,""b"".txt"', '"x/__init__.py"'], ['x']],
  ['paths out of the folder', ['../../bin/x', '../evil.py', '/abs/evil.py', 'ok.py'], ['ok']],
  ['names that nobody can import', ['my-module.py', '1x.py', 'a b.py', 'ok.py'], ['ok']],
  ['names of other languages', ['größe/__init__.py', '数据.py'], ['größe', '数据']],
  ['nothing', [], []],
])('modules of %s', async (_, files, names) => {
  await install('Some_Package', files)
  expect(await listPythonModules(target)).toEqual([{ package: 'some-package', names }])
})

test('a package that brings the module of a base package is refused', async () => {
  await install('numpy', ['numpy/__init__.py'])
  expect(await listPythonModules(target)).toEqual([{ package: 'numpy', names: ['numpy'] }])
  await install('numpyy', ['numpy/__init__.py'])
  await expect(listPythonModules(target)).rejects.toMatchObject({
    details: { reason: 'unsafe-package', package: 'numpyy' },
  })
})

test('of the commands only those that a package installed are deleted, and nothing above', async () => {
  await mkdir(join(target, 'bin'))
  await writeFile(join(target, 'bin', 'run'), '')
  await writeFile(join(target, 'bin', '__init__.py'), '')
  await writeFile(join(target, 'kept.py'), '')
  await install('x', ['../../bin/run', '../../bin/../kept.py', '../../bin/..', 'bin/__init__.py'])
  await removeScripts(target)
  expect(await readdir(join(target, 'bin'))).toEqual(['__init__.py'])
  expect(await readdir(target)).toContain('kept.py')
})
