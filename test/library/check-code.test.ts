import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../src/contracts/json.ts'
import type { ToolSpecification } from '../../src/contracts/run.ts'
import type { ToolSignature } from '../../src/contracts/tool.ts'
import { checkCode, type CodeSubject } from '../../src/library/check-code.ts'
import type { CodeFacts } from '../../src/library/signature/code-facts.ts'

const SPECIFICATION: ToolSpecification = {
  name: 'annualised_volatility',
  language: 'python',
  description: 'Annualised volatility of log returns.',
  whenToUse: 'How much a price moves.',
  parameters: [
    { name: 'prices', type: 'list[float]', description: 'Prices in order', required: true },
    { name: 'window', type: 'int | None', description: 'Last days; all by default', required: false, default: null },
    { name: 'periods', type: 'int', description: 'Periods in a year', required: false, default: 252 },
  ],
  returns: { type: 'float', description: 'The volatility' },
  examples: [{ arguments: { prices: [100.5, 101.25, 99.75], window: 555 }, expected: 0.123 }],
  exampleRequests: ['volatility of AAPL in the last 375 days'],
}

const INPUT: JsonSchema = {
  type: 'object',
  properties: {
    prices: { type: 'array', items: { type: 'number' } },
    window: { anyOf: [{ type: 'integer' }, { type: 'null' }], default: null },
    periods: { type: 'integer', default: 252 },
  },
  required: ['prices'],
  additionalProperties: false,
}

function signature(inputSchema: JsonSchema = INPUT, name = 'annualised_volatility'): ToolSignature {
  return {
    name,
    function: name,
    language: 'python',
    summary: 'Volatility.',
    description: 'Volatility.',
    inputSchema,
    outputSchema: { type: 'number' },
    imports: [],
    uses: [],
  }
}

const NO_FACTS: CodeFacts = {
  literals: [],
  calls: [],
  definitions: [],
  atImport: [],
  modules: [],
  packages: [],
  swallows: [],
  patches: [],
  unavailableImports: [],
}

function check(
  facts: Partial<CodeFacts>,
  options: {
    request?: string
    signature?: ToolSignature
    specification?: Partial<ToolSpecification>
    otherTools?: string[]
    needs?: CodeSubject['needs']
  } = {},
): string[] {
  return checkCode({
    language: 'python',
    code: '',
    signature: options.signature ?? signature(),
    facts: { ...NO_FACTS, ...facts },
    specification: { ...SPECIFICATION, ...options.specification },
    request: options.request ?? 'What is the volatility?',
    otherTools: options.otherTools ?? [],
    ...(options.needs ? { needs: options.needs } : {}),
  })
}

function literals(...values: (string | number)[]): CodeFacts['literals'] {
  return values.map((value, index) => ({ value, line: index + 1 }))
}

test('code that fits has no problems', () => {
  expect(check({ modules: ['math', 'numpy'], calls: [{ name: 'np.log', line: 3 }] })).toEqual([])
})

describe('the signature against the specification', () => {
  test('another name, a missing parameter, one too many', () => {
    const other = signature(
      { type: 'object', properties: { prices: {}, extra: {} }, required: ['prices', 'extra'] },
      'volatility',
    )
    expect(check({}, { signature: other })).toEqual([
      'The tool has to be called annualised_volatility, not volatility.',
      'It requires extra, which the specification does not have: leave it out or give it a default.',
      'The parameter window of the specification is missing.',
      'The parameter periods of the specification is missing.',
    ])
  })

  test('optional parameters that are required, and other defaults', () => {
    const properties = { prices: {}, window: { default: 5 }, periods: { type: 'integer' } }
    const other = signature({ type: 'object', properties, required: ['prices', 'periods'] })
    expect(check({}, { signature: other })).toEqual([
      'The default of window is 5; the specification says null.',
      'The parameter periods is optional in the specification: give it a default of 252.',
    ])
  })

  test('more optional parameters, and defaults that are computed, are let through', () => {
    const properties = { prices: {}, window: {}, periods: { default: 252 }, ddof: { default: 1 } }
    expect(check({}, { signature: signature({ type: 'object', properties, required: ['prices'] }) })).toEqual([])
  })

  test('a schema that is no object at all is told, not thrown at', () => {
    expect(check({}, { signature: signature({ properties: null, required: 'prices' }) })).toHaveLength(3)
  })
})

describe('what a tool has no need of', () => {
  test('packages that are not installed', () => {
    expect(check({ unavailableImports: ['talib'] })).toEqual(['The package talib is not installed: write it without.'])
  })

  test.each([
    ['subprocess', 'starts other programs'],
    ['urllib.request', 'uses the network'],
    ['child_process', 'starts other programs'],
    ['https', 'uses the network'],
    ['ctypes', 'reaches below the language'],
    ['vm', 'runs code that it makes up'],
  ])('the module %s', (name, what) => {
    expect(check({ modules: [name] })).toEqual([`It imports ${name}: a tool neither needs nor may do what ${what}.`])
  })

  test('the network, unless a person granted it a host', () => {
    const network = [{ host: 'api.example.com' }]
    expect(check({ modules: ['urllib.request'] }, { needs: { network } })).toEqual([])
    expect(check({ modules: ['subprocess'] }, { needs: { network } })).toHaveLength(1)
  })

  test.each(['eval', 'exec', '__import__', 'os.system', 'sys.exit', 'input', 'process.exit', 'Function', 'fetch'])(
    'the call %s()',
    (name) => {
      expect(check({ calls: [{ name, line: 7 }] })).toEqual([expect.stringContaining(`Line 7: ${name}() `)])
    },
  )

  test.each(['pd.eval', 're.compile', 'ast.literal_eval', 'frame.query', 'urllib.parse.quote', 'model.compile'])(
    'the harmless call %s() is let through',
    (name) => {
      expect(check({ calls: [{ name, line: 7 }], modules: ['urllib.parse', 're', 'ast', 'os', 'sys'] })).toEqual([])
    },
  )

  test('what the specification asks for', () => {
    const specification = { description: 'Value of an arithmetic expression such as "2 * (3 + 4)".' }
    expect(check({ calls: [{ name: 'eval', line: 3 }] }, { specification })).toEqual([])
    expect(check({ modules: ['subprocess'] }, { specification })).toHaveLength(1)
  })
})

describe('literals of the request', () => {
  test.each<[string, string | number]>([
    ['volatility with prices in AAPL.csv', '/box/input/AAPL.csv'],
    ['volatility of “Close (adjusted)”', 'Close (adjusted)'],
    ["sum the column 'Umsatz netto'", 'Umsatz netto'],
    ['„Größe“ im Mittel', 'Größe'],
    ['how much above 1,234.50 EUR', 1234.5],
    ['a threshold of 0.0375', 0.0375],
    ['since 2019-03-31', '2019-03-31'],
    ['seit dem 31.03.2019', '31.03.2019'],
    ['volatility of AAPL', 'AAPL'],
    ['rows of 2023', 2023],
    ['a loss of -417 or more', -417],
  ])('%s: %j in the code', (request, literal) => {
    expect(check({ literals: literals(literal) }, { request })).toEqual([
      expect.stringMatching(/^Line 1: .* stands in the request: take it as a parameter\.$/),
    ])
  })

  test.each<[string, string | number]>([
    ['37-day volatility with 252 trading days', 37],
    ['37-day volatility with 252 trading days', 252],
    ['in the last 365 days, as percent of 100', 365],
    ['in the last 12 months', 12],
    ['with an initial capital of 10,000', 10_000],
    ['area of a circle with 3.14159', 3.14159],
    ['a file in CSV, please', 'CSV'],
    ['volatility of "Close"', 'the closing price'],
    ['version 1.2.3 of the report', 1.2],
    ['call me at 10:45', 45],
    ['WHAT IS THE MEAN OF ALL THE OPEN AND HIGH AND LOW VALUES HERE', 'HIGH'],
    ['the "median" of all prices', 'median'],
    ["it's the analyst's idea", 's the analyst'],
    ['the "window" matters', 'window must be positive'],
  ])('%s: %j is let through', (request, literal) => {
    expect(check({ literals: literals(literal) }, { request })).toEqual([])
  })

  test('what the specification says, its examples and the defaults are meant to be there', () => {
    const request = 'volatility of "log returns" with 555 and 101.25 and 0.123'
    expect(check({ literals: literals('log returns', 555, 101.25, 0.123) }, { request })).toEqual([])
    const described = { description: 'Sum of the column "Close" in the accounts of ACME.' }
    expect(
      check({ literals: literals('Close', 'ACME') }, { request: 'sum "Close" for ACME', specification: described }),
    ).toEqual([])
    const properties = { ...(INPUT['properties'] as JsonSchema), limit: { default: 417.5, enum: [417.5, 1] } }
    const input = signature({ ...INPUT, properties })
    expect(check({ literals: literals(417.5) }, { request: 'at most 417.5', signature: input })).toEqual([])
  })

  test('requests in the examples of the specification excuse nothing', () => {
    expect(
      check({ literals: literals(375, 'AAPL') }, { request: 'volatility of AAPL in the last 375 days' }),
    ).toHaveLength(2)
  })

  test('hostile and odd requests end quickly', () => {
    for (const request of [
      '',
      '"'.repeat(50_000),
      "'a".repeat(50_000),
      '1,'.repeat(50_000),
      '9'.repeat(50_000),
      '“'.repeat(9999),
    ]) {
      const startedAt = performance.now()
      check({ literals: literals(...Array.from({ length: 500 }, (_, index) => `text ${index}`)) }, { request })
      expect(performance.now() - startedAt).toBeLessThan(10_000)
    }
  })
})

describe('what happens at import', () => {
  test.each<[CodeFacts['atImport'][number], string | null]>([
    [{ kind: 'expression', line: 3, calls: ['print'] }, 'print'],
    [{ kind: 'assignment', line: 3, calls: ['pd.read_csv'] }, 'pd.read_csv'],
    [{ kind: 'assignment', line: 3, calls: ['open'] }, 'open'],
    [{ kind: 'statement', line: 3, calls: ['range', 'console.log'] }, 'console.log'],
    [{ kind: 'expression', line: 3, calls: ['annualised_volatility'] }, 'annualised_volatility'],
    [{ kind: 'assignment', line: 3, calls: ['re.compile'] }, null],
    [{ kind: 'assignment', line: 3, calls: ['frozenset'] }, null],
    [{ kind: 'expression', line: 3, calls: ['warnings.filterwarnings'] }, null],
    [{ kind: 'expression', line: 3, calls: ['matplotlib.use'] }, null],
    [{ kind: 'statement', line: 3, calls: ['range', '_TABLE.append'] }, null],
    [{ kind: 'assignment', line: 3, calls: ['logging.getLogger'] }, null],
  ])('%j', (statement, call) => {
    const problems = check({ atImport: [statement] })
    expect(problems).toEqual(
      call === null
        ? []
        : [expect.stringMatching(new RegExp(`^Line 3: ${call}\\(\\) runs when the module is imported`))],
    )
  })
})

test('a dozen problems are enough', () => {
  const calls = Array.from({ length: 100 }, (_, index) => ({ name: 'eval', line: index + 1 }))
  expect(check({ calls })).toHaveLength(12)
})

describe('names', () => {
  test('of other tools of the library are not defined anew, in either spelling', () => {
    const definitions = ['annualised_volatility', 'logReturns', 'mean_price', '_helper']
    expect(check({ definitions }, { otherTools: ['log_returns', 'mean_price', 'annualised_volatility'] })).toEqual([
      'It defines logReturns, which is the name of another tool: import that one from tools, or choose another name.',
      'It defines mean_price, which is the name of another tool: import that one from tools, or choose another name.',
    ])
  })

  test('that no tool has are free', () => {
    expect(check({ definitions: ['annualised_volatility', 'log_returns'] })).toEqual([])
  })
})

describe('habits', () => {
  test('that hide mistakes or reach into other code are named with their lines', () => {
    expect(check({ swallows: [4], patches: [{ name: 'math.pi', line: 9 }] })).toEqual([
      expect.stringMatching(/^Line 4 catches every exception/),
      expect.stringMatching(/^Line 9: math\.pi belongs to the language/),
    ])
  })
})

describe('literals of the request in disguise', () => {
  const request = 'Which orders of "Nordwind GmbH" are above 1234.5 since 2024-03-15?'

  test.each<[string, string | number, string]>([
    ['in a longer text', 'amount > 1234.5', '1234.5'],
    ['in base64', 'Tm9yZHdpbmQgR21iSA==', 'Nordwind GmbH'],
    ['in base64, a day', 'MjAyNC0wMy0xNQ==', '2024-03-15'],
  ])('%s', (_title, literal, found) => {
    expect(check({ literals: literals(literal) }, { request })).toEqual([expect.stringContaining(found)])
  })

  test.each(['orders', 'aaaaaaaa', '////////', '12345', 'amount > 999', ''])('%j is none', (literal) => {
    expect(check({ literals: literals(literal) }, { request })).toEqual([])
  })

  const withDefault = (value: number): ToolSignature => {
    const plain = signature()
    const properties = { ...(plain.inputSchema['properties'] as JsonSchema), limit: { type: 'number', default: value } }
    return { ...plain, inputSchema: { ...plain.inputSchema, properties } }
  }

  test("a default that is the code's own idea is named", () => {
    expect(check({}, { request, signature: withDefault(1234.5) })).toEqual([
      'The default of limit has 1234.5 of the request: let the caller give it.',
    ])
    expect(check({}, { request, signature: withDefault(7) })).toEqual([])
  })

  test('a default that the specification asks for is meant', () => {
    const limit = { name: 'limit', type: 'float', description: '', required: false, default: 1234.5 }
    const specification = { parameters: [...SPECIFICATION.parameters, limit] }
    expect(check({}, { request, signature: withDefault(1234.5), specification })).toEqual([])
  })
})
