import { expect, test } from 'vitest'
import { environmentMisfit } from '../../../src/sandbox/environments/environment-misfit.ts'

const environment = {
  name: 'science',
  language: 'python' as const,
  interpreter: 'cpython-311-x86_64-linux-gnu',
  base: [{ name: 'numpy', version: '2.0' }],
  lock: [
    {
      name: 'lxml',
      version: '6.0',
      integrity: '',
      file: 'lxml-6.0-cp311-cp311-manylinux_2_28_x86_64.whl',
      fromSource: false,
    },
  ],
}
const current = { interpreter: environment.interpreter, packages: [{ name: 'numpy', version: '2.0' }] }

test('an environment fits the base that it was built over, whatever else that has', () => {
  const packages = [...current.packages, { name: 'more', version: '1' }]
  expect(environmentMisfit(environment, { ...current, packages })).toBeNull()
})

test('another interpreter, another version or a missing package of the base are named, with what to do', () => {
  const other = environmentMisfit(environment, { ...current, interpreter: 'cpython-312-x86_64-linux-gnu' })
  expect(other).toMatch(/built for cpython-311.*this is cpython-312.*handaxe env create science/)
  const newer = environmentMisfit(environment, { ...current, packages: [{ name: 'numpy', version: '2.1' }] })
  expect(newer).toMatch(/needs numpy 2.0 of the base, which has 2.1/)
  expect(environmentMisfit(environment, { ...current, packages: [] })).toMatch(/which has none/)
})

test('on another system its wheels have to fit the C library, and the remedy is that of the system', () => {
  expect(environmentMisfit(environment, { ...current, glibc: '2.36' })).toBeNull()
  const older = environmentMisfit(environment, { ...current, glibc: '2.27', remedy: 'use another image' })
  expect(older).toMatch(/lxml-6.0-\S+ is not for glibc 2.27; use another image/)
  expect(environmentMisfit(environment, { ...current, glibc: null })).toMatch(/there is none/)
})
