import type { JsonValue } from '../../../contracts/json.ts'
import type { ToolTest, ToolVersion } from '../../../contracts/tool.ts'
import { isJsonObject } from '../../is-json-object.ts'
import { toOneLine } from '../hidden-characters.ts'
import { prettyPrint, type Notation } from '../pretty-print.ts'
import { decodeNumbers } from '../../../domain/numbers/decode-numbers.ts'
import { readEntries } from '../../../domain/json/entries.ts'

const LONGEST_NAME = 80

/** The tests of one tool as a pytest module; null where it has none that pytest could run. */
export function renderPytest(
  { function: called, tests, inputSchema }: Pick<ToolVersion, 'function' | 'tests' | 'inputSchema'>,
  { packageName, module }: { packageName: string; module: string },
): string | null {
  const taken = new Set<string>()
  const functions = tests.flatMap((test) =>
    test.kind === 'property' || test.files !== undefined
      ? []
      : [renderTest({ ...test, arguments: decodeNumbers(test.arguments, inputSchema) }, { called, taken })],
  )
  if (functions.length === 0) return null
  const properties = tests.length - functions.length
  const left =
    properties === 0
      ? ''
      : `\n\n${properties === 1 ? 'A test of a property or with files needs' : `${properties} tests of properties or with files need`} handaxe to run.\n`
  return [
    `"""Tests of ${module}, written from tools.json: change them there.${left}"""`,
    '',
    'from comparison import assert_agrees, call, raises',
    `from ${packageName}.${module} import ${called}`,
    ...functions.flatMap((text) => ['', '', text]),
    '',
  ].join('\n')
}

function renderTest(
  test: Exclude<ToolTest, { kind: 'property' }>,
  { called, taken }: { called: string; taken: Set<string> },
): string {
  const lines = [`def ${nameTest(test.name, taken)}():`, `    # ${toOneLine(test.name)}`]
  const callOf = (indent: string): string => `call(${called}, ${renderLiteral(test.arguments, indent)})`
  if (test.kind === 'error') {
    const raised = test.raises === undefined ? '' : JSON.stringify(test.raises)
    return [...lines, `    with raises(${raised}):`, `        ${callOf('        ')}`].join('\n')
  }
  const tolerance = test.tolerance === undefined ? '' : `, tolerance=${test.tolerance}`
  return [
    ...lines,
    `    value = ${callOf('    ')}`,
    `    assert_agrees(value, ${renderLiteral(test.expected, '    ')}${tolerance})`,
  ].join('\n')
}

/** `weighs the items` becomes `test_weighs_the_items`; letters of all languages stay. */
function nameTest(name: string, taken: Set<string>): string {
  const words = name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '_')
  const stem = `test_${words.slice(0, LONGEST_NAME)}`.replaceAll(/_+/g, '_').replace(/_$/, '').toWellFormed()
  // `\p{N}` has digits, such as ², that Python does not take in a name.
  const plain = /^[\p{XID_Continue}]+$/u.test(stem) ? stem : stem.replaceAll(/[^a-z0-9_]/g, '')
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? plain : `${plain}_${number}`
    if (taken.has(candidate)) continue
    taken.add(candidate)
    return candidate
  }
}

const PYTHON_NOTATION: Notation = {
  atom(value) {
    if (value === null) return 'None'
    if (typeof value === 'boolean') return value ? 'True' : 'False'
    // JSON's escapes mean the same in Python.
    return typeof value === 'object' ? renderTagged(value) : JSON.stringify(value)
  },
  fields: (value) => readEntries(value) ?? Object.entries(value),
  record: ['{', '}'],
}

/** A value as Python writes it, with what the sandbox passes for numbers and bytes that JSON does not have. */
export function renderLiteral(value: JsonValue, indent = ''): string {
  return prettyPrint(value, PYTHON_NOTATION, indent)
}

function renderTagged(value: JsonValue): string | null {
  if (!isJsonObject(value) || Object.keys(value).length !== 1) return null
  const { $number, $bytes } = value
  if (typeof $number === 'string')
    return /^-?\d{1,4000}$/.test($number) ? BigInt($number).toString() : `float(${JSON.stringify($number)})`
  return typeof $bytes === 'string' ? `__import__("base64").b64decode(${JSON.stringify($bytes)})` : null
}
