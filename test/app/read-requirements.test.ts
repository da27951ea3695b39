import { mkdtempSync, mkdirSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRequirements } from '../../src/app/read-requirements.ts'
import type { ToolLanguage } from '../../src/contracts/sandbox.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-requirements-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function read(text: string, language: ToolLanguage = 'python') {
  const path = join(folder, 'file')
  writeFileSync(path, text)
  return readRequirements(path, language)
}

describe('requirements.txt', () => {
  test('comments, blank and continued lines, as pip reads them', async () => {
    const text =
      '\uFEFF# what reports need\r\ntabulate  # tables\n\nrequests[socks]>=2,\\\n  <3\n\topenpyxl ; python_version > "3"\nx#y'
    expect(await read(text)).toEqual(['tabulate', 'requests[socks]>=2,  <3', 'openpyxl ; python_version > "3"', 'x#y'])
    expect(await read('')).toEqual([])
  })

  test.each([
    ['-r other.txt', /line 1/],
    ['tabulate\n--index-url https://evil.example.com', /line 2/],
    ['tabulate --hash=sha256:00', /line 1/],
    ['-e .', /line 1/],
    ['tabulate\\', /continued/],
  ])('%j is refused with its place, not passed over', async (text, message) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'invalid_input_file',
      message: expect.stringMatching(message),
    })
  })

  test('a file that is not there, a folder, one that is no list', async () => {
    await expect(readRequirements(join(folder, 'missing'), 'python')).rejects.toMatchObject({
      message: expect.stringContaining('does not exist'),
    })
    mkdirSync(join(folder, 'sub'))
    await expect(readRequirements(join(folder, 'sub'), 'python')).rejects.toMatchObject({ code: 'invalid_input_file' })
    await expect(read('x'.repeat(2 ** 21))).rejects.toMatchObject({ message: expect.stringContaining('larger') })
  })
})

describe('package.json', () => {
  test('its dependencies, and nothing of those for development', async () => {
    const text = '{"dependencies": {"d3-array": "^3", "@scope/name": "1.0.0"}, "devDependencies": {"vitest": "5"}}'
    expect(await read(text, 'javascript')).toEqual(['d3-array@^3', '@scope/name@1.0.0'])
    expect(await read('{}', 'javascript')).toEqual([])
  })

  test.each(['', '[]', '{"dependencies": []}', '{"dependencies": {"a": 1}}', 'tabulate'])(
    '%j is no such file',
    async (text) => {
      await expect(read(text, 'javascript')).rejects.toMatchObject({ code: 'invalid_input_file' })
    },
  )
})
