import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SCIENCE_PACKAGES, STANDARD_PACKAGE_NAMES, STANDARD_PACKAGES } from '../../src/sandbox/standard-packages.ts'

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')

test('the images and the description of a Python name the same packages', () => {
  expect(/^ {6}(numpy .*) \\$/m.exec(read('docker/Dockerfile'))?.[1]?.split(' ')).toEqual(STANDARD_PACKAGE_NAMES)
  const image = /^const PACKAGES = \[(.*)\]/m.exec(read('scripts/docker-image.mjs'))?.[1]
  expect(image?.split(', ').map((name) => name.slice(1, -1))).toEqual(STANDARD_PACKAGE_NAMES)
  const described = /^_PACKAGES = \((.*)\)/m.exec(read('src/sandbox/guest/python/describe_python.py'))?.[1]
  expect(described?.split(', ').map((name) => name.slice(1, -1))).toEqual(STANDARD_PACKAGE_NAMES)
})

test('files that analysts have can be read', () => {
  expect(STANDARD_PACKAGE_NAMES).toEqual(expect.arrayContaining(['openpyxl', 'pyarrow', 'charset-normalizer']))
  expect(STANDARD_PACKAGES.slice(0, SCIENCE_PACKAGES.length)).toEqual(SCIENCE_PACKAGES)
})
