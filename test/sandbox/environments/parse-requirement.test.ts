import { array, assert, constantFrom, oneof, property, string } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HandaxeError } from '../../../src/contracts/errors.ts'
import {
  normalisePackageName,
  parseRequirement,
  parseRequirements,
} from '../../../src/sandbox/environments/parse-requirement.ts'

describe('Python requirements', () => {
  test.each([
    ['tabulate', 'tabulate'],
    ['  Scikit_Learn ', 'scikit-learn'],
    ['ruamel.yaml', 'ruamel-yaml'],
    ['pandas >= 2, < 3', 'pandas<3,>=2'],
    ['requests[ socks, Security ]==2.*', 'requests[security,socks]==2.*'],
    ['x~=1.4.2', 'x~=1.4.2'],
    ['numpy!=1.24.0', 'numpy!=1.24.0'],
    ['a===1!2.0rc1+local.7', 'a===1!2.0rc1+local.7'],
    ['tomli; python_version < "3.11"', 'tomli; python_version < "3.11"'],
    [`b>1 ; sys_platform == 'linux' and extra != "x"`, `b>1; sys_platform == 'linux' and extra != "x"`],
  ])('%s is understood as %s', (given, text) => {
    expect(parseRequirement(given, 'python').text).toBe(text)
  })

  test.each([
    '',
    ' ',
    '-r requirements.txt',
    '--index-url=http://127.0.0.1',
    '-e .',
    '.',
    './package',
    '../x',
    '/etc/passwd',
    'C:\\x',
    'x.whl/',
    'https://example.invalid/x.whl',
    'git+https://example.invalid/x.git',
    'x @ https://example.invalid/x.whl',
    'x@git+ssh://example.invalid/x',
    'file:///tmp/x',
    'x; import os',
    'x; python_version < "3"; y',
    'x; (python_version < "3")',
    'x\n--pre',
    'x\r\nevil',
    'x --hash=sha256:00',
    'x --global-option=a',
    'x $(id)',
    'x`id`',
    'x && id',
    'x | id',
    'x>=1 > /tmp/y',
    "x'",
    'x"',
    'x\u0000',
    'x\u202Ey',
    'пакет',
    'ｎｕｍｐｙ',
    'nump\u0443',
    '_x',
    'x_',
    '.x',
    'x==',
    'x==-1',
    'x[',
    'x[-y]',
    'x==1,',
    'x,y',
    'a b',
    'x'.repeat(301),
  ])('%j is refused', (given) => {
    expect(() => parseRequirement(given, 'python')).toThrow(HandaxeError)
  })

  test('an address is refused with the reason that packages come from the registry', () => {
    expect(() => parseRequirement('x @ https://user:secret@example.invalid/x.whl', 'python')).toThrow(
      /configured registry, not from an address/,
    )
    expect(() => parseRequirement('x @ https://user:secret@example.invalid/x.whl', 'python')).not.toThrow(/secret/)
  })

  test('whatever is accepted is in normal form: nothing that pip could take for an option, a path or an address', () => {
    const pieces = constantFrom(
      'x',
      'A-b',
      '[e]',
      '==',
      '1.0',
      '>=',
      ',',
      ';',
      ' ',
      '@',
      '-',
      '/',
      '.',
      '"',
      "'",
      '\n',
      ':',
    )
    assert(
      property(
        oneof(
          string(),
          array(pieces).map((parts) => parts.join('')),
        ),
        (given) => {
          try {
            const { text, name } = parseRequirement(given, 'python')
            expect(text).toMatch(/^[a-z0-9][a-z0-9-]*/)
            expect(text).not.toMatch(/[@/\\\n\r$`|&]|:\/|\s-/)
            expect(parseRequirement(text, 'python')).toMatchObject({ text, name })
          } catch (error) {
            if (!HandaxeError.isInstance(error)) throw error
            expect(error.code).toBe('invalid_arguments')
          }
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('a long hostile text is refused at once', () => {
    const started = performance.now()
    for (const text of [`x[${'a,'.repeat(140)}`, `x==${'1.'.repeat(140)}!`, `x; ${'a == "b" and '.repeat(20)}`]) {
      expect(() => parseRequirement(text, 'python')).toThrow(HandaxeError)
    }
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('npm specifications', () => {
  test.each([
    ['is-number', 'is-number', ''],
    ['is-number@^7.0.0', 'is-number', '^7.0.0'],
    ['@scope/name', '@scope/name', ''],
    ['@scope/name@1.x', '@scope/name', '1.x'],
    ['d3@>=6 <8', 'd3', '>=6 <8'],
    ['d3@1.2.3 - 2.0.0 || 5', 'd3', '1.2.3 - 2.0.0 || 5'],
    ['d3@latest', 'd3', 'latest'],
    ['d3@*', 'd3', '*'],
    ['x@1', 'x', '1'],
    ['lodash.merge@~4.6.2-beta.1+x', 'lodash.merge', '~4.6.2-beta.1+x'],
  ])('%s is understood', (given, name, version) => {
    expect(parseRequirement(given, 'javascript')).toMatchObject({ name, version })
  })

  test.each([
    '',
    '--ignore-scripts=false',
    '.',
    '..',
    './x',
    '~/x',
    '/x',
    'file:x',
    'x@file:../y',
    'x@npm:y@1',
    'npm:y',
    'user/repository',
    'github:user/repository',
    'x@github:user/repository',
    'x@user/repository',
    'git+ssh://git@example.invalid/x',
    'x@git+https://example.invalid/x',
    'x@http://example.invalid/x.tgz',
    'x@x.tgz',
    'x@1.2.3-a.tgz',
    'x@1 || 2.tar.gz',
    'x@workspace:*',
    'x@link:../y',
    'x@',
    'x@ ',
    'X',
    '_x',
    '.x',
    'node_modules',
    '__proto__',
    '@scope',
    '@/x',
    '@a/b/c',
    'x@1;2',
    'x@$(id)',
    'x@1\n2',
    'x y',
    'x@^',
    '@scope/../x',
    'x'.repeat(215),
  ])('%j is refused', (given) => {
    expect(() => parseRequirement(given, 'javascript')).toThrow(HandaxeError)
  })

  test('one package in two versions is refused: only one can be at the top', () => {
    expect(() => parseRequirements(['x@1', 'x@2'], 'javascript')).toThrow(/two versions/)
  })
})

test('a list is sorted and without repetitions, by the name that the registry compares', () => {
  const texts = parseRequirements(['Zope.Interface', 'a', 'zope_interface', 'A'], 'python').map((one) => one.text)
  expect(texts).toEqual(['a', 'zope-interface'])
})

test.each([[[]], [Array.from({ length: 101 }, (_, index) => `p${index}`)]])(
  'a list of no or of 101 packages is refused',
  (texts) => {
    expect(() => parseRequirements(texts, 'python')).toThrow(/1 to 100 packages/)
  },
)

test('names are normalised as PEP 503 says, npm names keep their separators', () => {
  expect(normalisePackageName('Foo._-Bar', 'python')).toBe('foo-bar')
  expect(normalisePackageName('@a/b_c.d', 'javascript')).toBe('@a/b_c.d')
})
