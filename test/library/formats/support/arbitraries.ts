import * as fc from 'fast-check'
import type { JsonObject, JsonValue } from '../../../../src/contracts/json.ts'
import type { ToolTest, ToolVersion } from '../../../../src/contracts/tool.ts'
import { makeTool } from './tools.ts'

/** Text that people and models write, and text that breaks formats. */
export const uglyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.constantFrom(
    '',
    ' ',
    '\n',
    '---\nname: x\n---\n',
    '# Title\n## When to use\nother',
    '- item\n- item',
    '```\ncode\n```',
    "it's \"quoted\" 'text' \\ \\n",
    '\\# not a heading',
    '<!-- comment -->',
    '"""',
    "'''",
    '*/',
    '${x} `y` $(z)',
    'null',
    '\u2028\u202E\u0000\uFEFF',
    '\uD800',
    'Größe 数据 🪓',
    '__proto__',
    'a: b # c',
    '  leading and trailing  ',
    'one\r\ntwo\rthree',
  ),
)

// The one key that no importer takes.
const key = uglyText.filter((text) => text !== '__proto__')

const json: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    uglyText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value

const jsonObject: fc.Arbitrary<JsonObject> = fc.dictionary(key, json, { maxKeys: 3, noNullPrototype: true })

const testName = uglyText.filter((text) => text !== '')

const toolTest: fc.Arbitrary<ToolTest> = fc.oneof(
  fc.record({ name: testName, kind: fc.constant('example' as const), arguments: jsonObject, expected: json }),
  fc.record({
    name: testName,
    kind: fc.constant('example' as const),
    arguments: jsonObject,
    expected: json,
    tolerance: fc.double({ min: 0, max: 1, noNaN: true }).map((number) => number + 0),
  }),
  fc.record({ name: testName, kind: fc.constant('error' as const), arguments: jsonObject, raises: uglyText }),
  fc.record({ name: testName, kind: fc.constant('property' as const), program: uglyText }),
)

// Digits keep them apart from words of the languages, such as `in` and `class`.
const toolName = fc.stringMatching(/^[a-z][a-z0-9_]{0,20}[0-9]$/).filter((name) => !/__v\d+$/.test(name))

/** Names in code are real; everything around them is anything. */
function pythonCode(name: string, note: string): string {
  const comment = note.replaceAll(/[\r\n\0]/g, ' ').toWellFormed()
  return `# ${comment}\n\n\ndef ${name}(values: list[float]) -> float:\n    """Gives ${name}."""\n    return sum(values)\n`
}

function javascriptCode(name: string, note: string): string {
  const comment = note.replaceAll(/[\r\n\0\u2028\u2029]/g, ' ').toWellFormed()
  return `// ${comment}\nexport const tool = { name: '${name}', description: 'x', inputSchema: {}, outputSchema: {} }\nexport default function run() {\n  return 1\n}\n`
}

export const tool: fc.Arbitrary<ToolVersion> = fc
  .record({
    name: toolName,
    language: fc.constantFrom('python' as const, 'javascript' as const),
    version: fc.integer({ min: 1, max: 50 }),
    summary: uglyText,
    description: uglyText,
    whenToUse: uglyText,
    exampleRequests: fc.array(uglyText, { maxLength: 4 }),
    inputSchema: jsonObject,
    outputSchema: jsonObject,
    imports: fc.array(uglyText, { maxLength: 3 }),
    tests: fc.array(toolTest, { maxLength: 4 }),
    stateReason: uglyText,
    note: uglyText,
  })
  .map(({ note, ...given }) => {
    const code = given.language === 'python' ? pythonCode(given.name, note) : javascriptCode(given.name, note)
    return makeTool({ ...given, code })
  })

/** Of different names, some of which import others of their language. */
export const tools: fc.Arbitrary<ToolVersion[]> = fc
  .uniqueArray(tool, { selector: ({ name }) => name, minLength: 1, maxLength: 5 })
  .map((list) =>
    list.map((given, index) => {
      const imported = list.slice(0, index).find(({ language }) => language === given.language)
      if (imported === undefined || given.language !== 'python') return given
      const code = `from tools import ${imported.name} as other\n${given.code}`
      const { name, version } = imported
      return makeTool({ ...given, code, codeHash: '', uses: [name], pins: [{ name, version }] })
    }),
  )
  .map((list) => list.map(({ codeHash: _hash, ...given }) => makeTool(given)))
