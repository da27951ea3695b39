import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemFolders } from '../../../../src/sandbox/backends/linux/system-folders.ts'
import { openTestSandbox, type TestSandbox } from '../../../support/open-test-sandbox.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

const OWNED = new Set('bin lib lib32 lib64 libexec libx32 sbin share'.split(' '))

test.each(['python', 'javascript'] as const)(
  'of /usr a %s program sees what the distribution put there',
  async (language) => {
    const code = {
      python: `
import os
local = [os.path.join(root, name) for root, folders, files in os.walk('/usr/local') for name in folders + files]
result([sorted(os.listdir('/usr')), local])`,
      javascript: `
const { readdirSync, existsSync } = require('node:fs')
result([readdirSync('/usr').sort(), existsSync('/usr/local') ? readdirSync('/usr/local', { recursive: true }).map((name) => '/usr/local/' + name) : []])`,
    }[language]
    const { value, error } = await opened.sandbox.execute({ language, code })
    expect(error).toBeUndefined()
    const [usr, local] = value as [string[], string[]]
    expect(usr.filter((name) => !OWNED.has(name) && name !== 'local')).toEqual([])
    // Of /usr/local only fonts, and this machine's Python if it is installed there.
    expect(
      local.filter((path) => !/^\/usr\/local(\/share(\/fonts.*)?|\/lib.*|\/bin(\/python[\d.]*)?)$/.test(path)),
    ).toEqual([])
    expect(readdirSync('/usr')).toEqual(expect.arrayContaining(['bin', 'lib']))
  },
)

const base = {
  executable: '/usr/bin/python3.11',
  basePrefix: '/usr',
  packageFolders: ['/usr/lib/python3/dist-packages'],
}
/** Folders below /usr/local whose content is shown; those above them are empty. */
const shown = (python: typeof base) =>
  systemFolders(python).filter((one, index, all) => one.startsWith('/usr/local') && all[index - 1] !== '--dir')

test('nothing of /usr/local is shown as a whole, whatever Python there is', () => {
  const fonts = shown(base)
  expect(fonts.every((path) => path === '/usr/local/share/fonts')).toBe(true)
  for (const python of [
    {
      ...base,
      basePrefix: '/usr/local',
      executable: '/usr/local/bin/python3.13',
      packageFolders: ['/usr/local/lib/python3.13/site-packages'],
    },
    { ...base, packageFolders: ['/usr/local/lib/python3.11/dist-packages', '/usr/lib/python3/dist-packages'] },
  ]) {
    const paths = shown(python)
    expect(paths).not.toContain('/usr/local')
    expect(paths.filter((path) => /^\/usr\/local\/(etc|src|share|bin|sbin|games|include)$/.test(path))).toEqual([])
  }
})
