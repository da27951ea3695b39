import { expect, test } from 'vitest'
import { findMissingModule } from '../../../src/agent/packages/missing-module.ts'
import type { ExecutionResult, ToolLanguage } from '../../../src/contracts/sandbox.ts'

const find = (type: string, message: string, language: ToolLanguage = 'python', status = 'error') =>
  findMissingModule({ status, error: { type, message, traceback: '' } } as ExecutionResult, language)

test.each([
  ['ModuleNotFoundError', "No module named 'tabulate'", 'python', 'tabulate'],
  ['ModuleNotFoundError', "No module named 'tabulate'; 'x' is not a package", 'python', 'tabulate'],
  [
    'ImportError',
    '`Import xlrd` failed. Install xlrd >= 2.0.2 for xls Excel support Use pip, conda, or your preferred package management tool to install the xlrd package.',
    'python',
    'xlrd',
  ],
  [
    'ImportError',
    'Unable to find a usable engine; tried using: a.\nThese errors:\n - `Import python-calamine` failed. Use pip.',
    'python',
    'python-calamine',
  ],
  [
    'ImportError',
    "Missing optional dependency 'pyreadstat'.  Use pip or conda to install pyreadstat.",
    'python',
    'pyreadstat',
  ],
  ['ImportError', "Using a URI string requires 'sqlalchemy' version '2.0.42' or newer.", 'python', 'sqlalchemy'],
  ['ImportError', 'lxml not found, please install or use the etree parser.', 'python', 'lxml'],
  ['ImportError', 'Plotting needs seaborn: pip install seaborn', 'python', 'seaborn'],
  ['Error', "Cannot find package 'd3-array' imported from /box/main.mjs", 'javascript', 'd3-array'],
  ['Error', "Cannot find package '@scope/name' imported from /box/main.mjs", 'javascript', '@scope/name'],
] as const)('%s: %s (%s) misses %s', (type, message, language, module) => {
  expect(find(type, message, language)).toBe(module)
})

test.each([
  ['a part of a package that is there', 'ModuleNotFoundError', "No module named 'pandas.nothing'", 'python'],
  ['a name that is no name', 'ModuleNotFoundError', "No module named '../../etc'", 'python'],
  ['a tool', 'ModuleNotFoundError', "No module named 'tools'", 'python'],
  ['another error with the same words', 'ValueError', "No module named 'tabulate'", 'python'],
  ['a name that a package has not', 'ImportError', "cannot import name 'x' from 'pandas'", 'python'],
  ['an optional package of another error', 'ValueError', "Missing optional dependency 'xlrd'.", 'python'],
  ['a path that is no package', 'ImportError', '`Import ../x` failed.', 'python'],
  ['a file of the program', 'Error', "Cannot find module '/box/other.mjs' imported from /box/main.mjs", 'javascript'],
  ['a path in the place of a package', 'Error', "Cannot find package '../x' imported from /box/main.mjs", 'javascript'],
  ['nothing at all', 'ModuleNotFoundError', '', 'python'],
] as const)('%s is not a missing package', (_, type, message, language) => {
  expect(find(type, message, language)).toBeNull()
})

test('an execution that ended well, or by a limit, misses nothing', () => {
  expect(find('ModuleNotFoundError', "No module named 'tabulate'", 'python', 'timeout')).toBeNull()
  expect(findMissingModule({ status: 'ok' } as ExecutionResult, 'python')).toBeNull()
})
