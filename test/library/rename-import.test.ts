import { describe, expect, test } from 'vitest'
import { renameImport } from '../../src/library/rename-import.ts'

const python = (code: string): string | null =>
  renameImport(code, { language: 'python', spellings: ['mean'], target: 'mean__v1' })
const javascript = (code: string): string | null =>
  renameImport(code, { language: 'javascript', spellings: ['geo_mean', 'geoMean'], target: 'geo_mean__v1' })

describe('in Python', () => {
  test.each([
    ['from tools import mean', 'from tools import mean__v1 as mean'],
    ['from tools import mean as m', 'from tools import mean__v1 as m'],
    ['from tools import total, mean, meaning', 'from tools import total, mean__v1 as mean, meaning'],
    ['    from  tools\timport mean  # the mean', '    from  tools\timport mean__v1 as mean  # the mean'],
    [
      'from tools import (\n    total,  # mean (of all)\n    mean,\n)\nx = 1',
      'from tools import (\n    total,  # mean (of all)\n    mean__v1 as mean,\n)\nx = 1',
    ],
    ['from tools import total, \\\n    mean\n', 'from tools import total, \\\n    mean__v1 as mean\n'],
    ['from tools import mean; mean = mean', 'from tools import mean__v1 as mean; mean = mean'],
    [
      'def a():\n    from tools import mean\n\ndef b():\n    from tools import mean',
      'def a():\n    from tools import mean__v1 as mean\n\ndef b():\n    from tools import mean__v1 as mean',
    ],
    ['from tools import x as mean, mean as y', 'from tools import x as mean, mean__v1 as y'],
  ])('%j', (code, expected) => {
    expect(python(code)).toBe(expected)
    expect(expected.split('\n')).toHaveLength(code.split('\n').length)
  })

  test.each([
    'from tools import total',
    'from mytools import mean',
    'from tools.x import mean',
    'mean = 1',
    '',
    'import tools\nfrom tools import mean',
    'import os, tools\nfrom tools import mean',
    'import importlib\nfrom tools import mean\nimportlib.import_module("tools")',
  ])('%j cannot be led elsewhere', (code) => {
    expect(python(code)).toBeNull()
  })
})

describe('in JavaScript', () => {
  test.each([
    ["import { geoMean } from 'tools'", "import { geo_mean__v1 as geoMean } from 'tools'"],
    ['import {geo_mean as g,total} from "tools"', 'import {geo_mean__v1 as g,total} from "tools"'],
    [
      "import {\n  total, // geoMean\n  geoMean,\n} from 'tools'",
      "import {\n  total, // geoMean\n  geo_mean__v1 as geoMean,\n} from 'tools'",
    ],
    [
      "import { x } from 'other'\nimport { geoMean } from 'tools'",
      "import { x } from 'other'\nimport { geo_mean__v1 as geoMean } from 'tools'",
    ],
  ])('%j', (code, expected) => {
    expect(javascript(code)).toBe(expected)
  })

  test.each([
    "import { total } from 'tools'",
    "import { geoMean } from 'other'",
    "import * as tools from 'tools'",
    "import tools, { geoMean } from 'tools'",
    "const { geoMean } = require('tools')",
    "const { geoMean } = await import('tools')",
    "export * from 'tools'",
  ])('%j cannot be led elsewhere', (code) => {
    expect(javascript(code)).toBeNull()
  })
})

test('hostile code is looked through in no time', () => {
  const startedAt = performance.now()
  for (const code of [
    'from tools import ('.repeat(5000),
    'import {'.repeat(20_000),
    `from tools import ${'a, '.repeat(100_000)}`,
  ]) {
    python(code)
    javascript(code)
  }
  expect(performance.now() - startedAt).toBeLessThan(5000)
})
