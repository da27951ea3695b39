import { expect, test } from 'vitest'
import { environmentMisfit } from '../../../src/sandbox/environments/environment-misfit.ts'

const environment = {
  name: 'science',
  interpreter: 'cpython-311-x86_64-linux-gnu',
  base: [{ name: 'numpy', version: '2.0' }],
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
