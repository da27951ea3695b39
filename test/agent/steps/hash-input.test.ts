import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { hashInput, namesFile } from '../../../src/agent/steps/hash-input.ts'

const folder = mkdtempSync(join(tmpdir(), 'handaxe-hash-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, content: string): { name: string; path: string } {
  const path = join(folder, `${Math.random()}-${name}`)
  writeFileSync(path, content)
  return { name, path }
}

test('the same arguments have the same hash, whatever the order of their keys', async () => {
  const hash = await hashInput({ a: 1, b: { c: [1, 2], d: null } }, [])
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(await hashInput({ b: { d: null, c: [1, 2] }, a: 1 }, [])).toBe(hash)
  expect(await hashInput({ a: 1, b: { c: [2, 1], d: null } }, [])).not.toBe(hash)
  expect(await hashInput({ a: '1', b: { c: [1, 2], d: null } }, [])).not.toBe(hash)
})

test('a file that the arguments name counts with its content, another one does not', async () => {
  const given = { table: '/box/input/a.csv' }
  const hash = await hashInput(given, [file('a.csv', 'x\n1'), file('b.csv', 'x')])
  expect(await hashInput(given, [file('a.csv', 'x\n1'), file('b.csv', 'y')])).toBe(hash)
  expect(await hashInput(given, [file('a.csv', 'x\n2')])).not.toBe(hash)
  expect(await hashInput({ table: 'a.csv' }, [file('a.csv', 'x\n1')])).not.toBe(
    await hashInput({ table: 'a.csv' }, [file('a.csv', 'x\n2')]),
  )
})

test('a file that is gone stops nothing', async () => {
  const gone = { name: 'a.csv', path: join(folder, 'nothing') }
  expect(await hashInput({ table: 'a.csv' }, [gone])).toMatch(/^[0-9a-f]{64}$/)
})

test('a call that names a file is told from one that does not', () => {
  const files = [{ name: 'a.csv', path: '/nowhere' }]
  expect(namesFile({ table: 'a.csv' }, files)).toBe(true)
  expect(namesFile({ deep: [{ path: '/box/input/other' }] }, [])).toBe(true)
  expect(namesFile({ text: 'see a.csv', values: [1, null] }, files)).toBe(false)
  expect(namesFile({}, files)).toBe(false)
})
