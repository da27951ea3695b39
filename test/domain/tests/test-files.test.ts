import { expect, test } from 'vitest'
import type { ToolTest } from '../../../src/contracts/tool.ts'
import { bindTestFiles } from '../../../src/domain/tests/test-files.ts'

const example = (name: string, files: Record<string, string>, path = '/box/input/a.csv'): ToolTest => ({
  name,
  kind: 'example',
  arguments: { path, rows: [{ path }] },
  expected: 1,
  files,
})

test('files of several tests stand side by side; of one name with two contents the second gets another', () => {
  const tests = [
    example('one', { 'a.csv': 'x\n1\n' }),
    example('again', { 'a.csv': 'x\n1\n' }),
    example('other', { 'a.csv': 'x\n2\n', 'b.csv': '' }),
    example('none', {}, '/box/input/a.csv'),
  ]
  const { calls, inputs } = bindTestFiles([
    ...tests,
    { name: 'p', kind: 'property', program: '', files: { 'p.csv': 'p' } },
  ])
  expect(inputs).toEqual([
    { name: 'a.csv', content: 'x\n1\n' },
    { name: '2-a.csv', content: 'x\n2\n' },
    { name: 'b.csv', content: '' },
  ])
  expect(calls.map(({ path }) => path)).toEqual([
    '/box/input/a.csv',
    '/box/input/a.csv',
    '/box/input/2-a.csv',
    '/box/input/a.csv',
  ])
  expect(calls[2]).toEqual({ path: '/box/input/2-a.csv', rows: [{ path: '/box/input/2-a.csv' }] })
})
