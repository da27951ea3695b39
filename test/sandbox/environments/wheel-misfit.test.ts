import { expect, test } from 'vitest'
import { wheelMisfit } from '../../../src/sandbox/environments/wheel-misfit.ts'

const locked = (file: string, fromSource = false) => [
  { name: 'one', version: '1.0', integrity: 'sha256:0', file, fromSource },
]

test.each([
  ['one-1.0-py3-none-any.whl', '2.17'],
  ['one-1.0-py3-none-any.whl', null],
  ['one-1.0-1-py2.py3-none-any.whl', '2.17'],
  ['one-1.0-cp311-cp311-manylinux_2_28_x86_64.whl', '2.28'],
  ['one-1.0-cp311-cp311-manylinux_2_9_x86_64.whl', '2.10'],
  ['one-1.0-cp311-abi3-manylinux2014_x86_64.whl', '2.17'],
  ['one-1.0-cp311-cp311-manylinux1_x86_64.whl', '2.36'],
  ['one-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl', '2.17'],
  // One platform of several is enough.
  ['one-1.0-cp311-cp311-manylinux_2_39_x86_64.manylinux_2_28_x86_64.whl', '2.31'],
])('%s fits glibc %s', (file, glibc) => {
  expect(wheelMisfit(locked(file), glibc)).toBeNull()
})

test.each([
  ['one-1.0-cp311-cp311-manylinux_2_28_x86_64.whl', '2.27'],
  ['one-1.0-cp311-cp311-manylinux_2_28_x86_64.whl', null],
  ['one-1.0-cp311-cp311-manylinux_3_0_x86_64.whl', '2.36'],
  ['one-1.0-cp311-cp311-manylinux_2_28_x86_64.whl', 'unknown'],
  ['one-1.0-cp311-cp311-linux_x86_64.whl', '2.36'],
  ['one-1.0-cp311-cp311-musllinux_1_2_x86_64.whl', '2.36'],
  ['one-1.0-cp311-cp311-macosx_11_0_arm64.whl', '2.36'],
  ['one-1.0-cp311-cp311-manylinux_x86_64.whl', '2.36'],
  ['one-1.0.tar.gz', '2.36'],
  ['', '2.36'],
])('%s does not fit glibc %s', (file, glibc) => {
  expect(wheelMisfit(locked(file), glibc)).toContain(file)
})

test('what was built from source here is for the libraries of this machine', () => {
  expect(wheelMisfit(locked('one-1.0.tar.gz', true), '2.36')).toMatch(/built from source/)
  expect(wheelMisfit([], null)).toBeNull()
})
