import { expect, test } from 'vitest'
import { packageOfModule } from '../../../src/sandbox/environments/package-of-module.ts'

test.each([
  ['yaml', 'pyyaml'],
  ['PIL', 'pillow'],
  ['sklearn', 'scikit-learn'],
  ['tabulate', 'tabulate'],
  ['Some_Module', 'some-module'],
  // Names of JavaScript's own objects are modules like others.
  ['constructor', 'constructor'],
])('the Python module %s is of the package %s', (module, name) => {
  expect(packageOfModule('python', module)).toBe(name)
})

test('npm imports packages by their names', () => {
  expect(packageOfModule('javascript', '@scope/name')).toBe('@scope/name')
  expect(packageOfModule('javascript', 'yaml')).toBe('yaml')
})
