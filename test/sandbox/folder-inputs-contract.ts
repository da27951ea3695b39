import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sandbox } from '../../src/contracts/sandbox.ts'

const GIB = 1024 ** 3

/** What every backend must do with a folder as an input. */
export function folderInputsContract(name: string, open: () => Promise<Sandbox>): void {
  describe(`${name}: folders as inputs`, () => {
    let sandbox: Sandbox
    let folder: string

    beforeAll(async () => {
      sandbox = await open()
      folder = await mkdtemp(join(tmpdir(), 'handaxe-folders-'))
    })
    afterAll(async () => {
      await sandbox.close()
      await rm(folder, { recursive: true, force: true })
    })

    const look = (path: string, code: string) =>
      sandbox.execute({
        language: 'python',
        code,
        inputs: [
          { name: 'data', path },
          { name: 'x', content: 'beside' },
        ],
      })

    test('the whole of it is there, read-only, with names of other alphabets and empty folders', async () => {
      const root = join(folder, 'data')
      await mkdir(join(root, 'sub', 'ü b', 'empty'), { recursive: true })
      await writeFile(join(root, 'a.csv'), 'a,b\n', { mode: 0o600 })
      await writeFile(join(root, 'sub', 'ü b', '-rf'), 'deep')
      await chmod(join(root, 'sub'), 0o700)
      const result = await look(
        root,
        `
import errno, os
def refused(act):
    try: act()
    except OSError as error: return errno.errorcode[error.errno]
root = '/box/input/data'
found = sorted(os.path.relpath(os.path.join(at, name), root) for at, folders, files in os.walk(root) for name in folders + files)
result([found, open(root + '/a.csv').read(), open(root + '/sub/ü b/-rf').read(), open('/box/input/x').read(),
        refused(lambda: open(root + '/sub/new', 'w')), refused(lambda: os.unlink(root + '/a.csv'))])`,
      )
      expect(result.error).toBeUndefined()
      expect(result.value).toEqual([
        ['a.csv', 'sub', 'sub/ü b', 'sub/ü b/-rf', 'sub/ü b/empty'],
        'a,b\n',
        'deep',
        'beside',
        'EROFS',
        'EROFS',
      ])
      expect(await readFile(join(root, 'a.csv'), 'utf8')).toBe('a,b\n')
    })

    test('links stay links, and through those that leave the folder nothing of the host is reached', async () => {
      const root = join(folder, 'links')
      const canary = join(folder, 'canary')
      await mkdir(root)
      await writeFile(canary, 'of the host')
      await writeFile(join(root, 'real'), 'real')
      await symlink('real', join(root, 'near'))
      await symlink(canary, join(root, 'absolute'))
      await symlink('../../../../../../../../etc/shadow', join(root, 'above'))
      await symlink('around', join(root, 'around'))
      await symlink(folder, join(root, 'folder'))
      const result = await look(
        root,
        `
import os
def read(name):
    try: return open('/box/input/data/' + name).read()
    except OSError as error: return type(error).__name__
result([read('near'), read('absolute'), read('above'), read('around'), os.path.exists('/box/input/data/folder'),
        os.readlink('/box/input/data/near')])`,
      )
      expect(result.value).toEqual(['real', 'FileNotFoundError', 'FileNotFoundError', 'OSError', false, 'real'])
      expect(await readFile(canary, 'utf8')).toBe('of the host')
      expect(await readlink(join(root, 'near'))).toBe('real')
    })

    test('what has no content to give is named, and nothing runs', async () => {
      const root = join(folder, 'pipes')
      await mkdir(join(root, 'sub'), { recursive: true })
      execFileSync('mkfifo', [join(root, 'sub', 'pipe')])
      const startedAt = performance.now()
      await expect(look(root, 'print("ran")')).rejects.toMatchObject({
        code: 'invalid_input_file',
        message: expect.stringContaining('sub/pipe'),
      })
      // A pipe that nobody writes to would be waited for.
      expect(performance.now() - startedAt).toBeLessThan(20_000)
    })
  })
}

/** Of backends that take files from this machine's disk. */
export function largeInputTest(name: string, open: () => Promise<Sandbox>): void {
  test(`${name}: a file of 1 GB in a folder arrives without passing through memory`, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'handaxe-large-'))
    const sandbox = await open()
    try {
      await writeFile(join(folder, 'large'), 'begin')
      await truncate(join(folder, 'large'), GIB)
      const before = process.memoryUsage().rss
      let most = before
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().rss)), 5)
      const result = await sandbox.execute({
        language: 'python',
        code: "import os\nresult([os.path.getsize('/box/input/d/large'), open('/box/input/d/large').read(5)])",
        inputs: [{ name: 'd', path: folder }],
      })
      clearInterval(watch)
      expect(result.value).toEqual([GIB, 'begin'])
      expect(most - before).toBeLessThan(200 * 1024 * 1024)
    } finally {
      await sandbox.close()
      await rm(folder, { recursive: true, force: true })
    }
  }, 120_000)
}
