import { describe, expect, test } from 'vitest'
import { attributeFailure, type FailedCall } from '../../../src/domain/failures/attribute-failure.ts'
import { DEFAULT_LIMITS } from '../../../src/contracts/limits.ts'

const usage = { wallMs: 10, cpuMs: 10, peakMemoryBytes: 0, startupMs: 0 }
const limits = { ...DEFAULT_LIMITS }

function attribute(result: Partial<FailedCall['result']>, tool: Partial<FailedCall['tool']> = {}): string {
  return attributeFailure({
    tool: { code: 'def mean(values):\n    return 1\n', tests: [], ...tool },
    result: { status: 'error', signal: null, usage, limits, ...result },
    mismatch: false,
  })
}

const raised = (type: string) => ({ error: { type, message: 'm', traceback: '' } })

describe('an exception', () => {
  test('is the tool’s fault', () => {
    expect(attribute(raised('ZeroDivisionError'))).toBe('tool')
    expect(attribute(raised('TypeError'))).toBe('tool')
    expect(attribute({})).toBe('tool')
  })

  test('is the caller’s where one of the tests says that the tool refuses so', () => {
    const tests = [{ name: 't', kind: 'error' as const, arguments: {}, raises: 'ValueError' }]
    expect(attribute(raised('ValueError'), { tests })).toBe('caller')
    expect(attribute(raised('KeyError'), { tests })).toBe('tool')
    expect(attribute(raised('ValueError'), { tests: [{ name: 't', kind: 'error', arguments: {} }] })).toBe('tool')
  })

  test.each([
    ['Google style', 'def f():\n    """F.\n\n    Raises:\n        ValueError: if empty.\n    """\n    x()\n'],
    ['NumPy style', 'def f():\n    """F.\n\n    Raises\n    ------\n    ValueError\n        If empty.\n    """\n'],
    ['several', "def f():\n    '''F.\n\n    Raises:\n        KeyError: no.\n        ValueError: if empty.\n    '''\n"],
    ['JSDoc', '/**\n * F.\n * @throws {ValueError} if empty\n */\nexport default function f() {}'],
    ['Windows lines', 'def f():\r\n    """F.\r\n\r\n    Raises:\r\n        ValueError: if empty.\r\n    """\r\n'],
  ])('is the caller’s where the docstring says so: %s', (_, code) => {
    expect(attribute(raised('ValueError'), { code })).toBe('caller')
    expect(attribute(raised('IndexError'), { code })).toBe('tool')
  })

  test('is the tool’s where the name stands elsewhere: in the code, in another word, after the docstring', () => {
    const code = 'def f():\n    """F.\n\n    Raises:\n        MyValueErrors: no.\n    """\n    raise ValueError("x")\n'
    expect(attribute(raised('ValueError'), { code })).toBe('tool')
  })

  test.each(['', '(', '.*', 'Value Error', '__proto__', 'a'.repeat(10_000)])(
    'of the odd type %j is the tool’s',
    (type) => {
      expect(attribute(raised(type), { code: 'Raises:\n  nothing' })).toBe('tool')
    },
  )

  test('is the machine’s where a package is missing, the caller’s where a file is', () => {
    expect(attribute(raised('ModuleNotFoundError'))).toBe('host')
    expect(attribute(raised('FileNotFoundError'))).toBe('caller')
  })
})

describe('a timeout', () => {
  test('with its time burnt is the tool’s, without is a busy machine’s', () => {
    expect(attribute({ status: 'timeout', usage: { ...usage, cpuMs: 29_900 } })).toBe('tool')
    expect(attribute({ status: 'timeout', usage: { ...usage, cpuMs: 400 } })).toBe('host')
  })

  test('under a limit below the default is the caller’s', () => {
    const tight = { ...limits, wallMs: 500, cpuMs: 500 }
    expect(attribute({ status: 'timeout', usage: { ...usage, cpuMs: 500 }, limits: tight })).toBe('caller')
    const wide = { ...limits, wallMs: 90_000, cpuMs: 90_000 }
    expect(attribute({ status: 'timeout', usage: { ...usage, cpuMs: 89_000 }, limits: wide })).toBe('tool')
  })
})

test('memory and output are the tool’s, unless the limit is below the default', () => {
  for (const [status, limit] of [
    ['out-of-memory', 'memoryBytes'],
    ['output-limit', 'outputBytes'],
  ] as const) {
    expect(attribute({ status })).toBe('tool')
    expect(attribute({ status, limits: { ...limits, [limit]: 1000 } })).toBe('caller')
  }
  expect(attribute({ ...raised('MemoryError'), limits: { ...limits, memoryBytes: 1000 } })).toBe('caller')
})

test('a crash is the tool’s, a kill from outside is not', () => {
  expect(attribute({ status: 'killed', signal: 'SIGSEGV' })).toBe('tool')
  expect(attribute({ status: 'killed', signal: 'SIGKILL' })).toBe('host')
  expect(attribute({ status: 'killed' })).toBe('host')
})

test('no value, or one of another type, is the tool’s', () => {
  expect(attribute({ status: 'no-result' })).toBe('tool')
  expect(
    attributeFailure({
      tool: { code: '', tests: [] },
      result: { status: 'ok', signal: null, usage, limits },
      mismatch: true,
    }),
  ).toBe('tool')
})
