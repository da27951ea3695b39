import { describe, expect, test } from 'vitest'
import { NO_NEEDS, type ToolVersion } from '../../src/contracts/tool.ts'
import { renderSignature } from '../../src/library/tool-prompt.ts'
import { newTool } from './support/library.ts'

function version(changes: Partial<ToolVersion>): ToolVersion {
  return {
    ...newTool('annualised_volatility', {
      summary: 'Annualised volatility of log returns.',
      description: 'Annualised volatility of log returns. Uses the sample standard deviation.',
      whenToUse: 'The user asks how much a price moves.',
      inputSchema: {
        type: 'object',
        properties: {
          prices: { type: 'array', items: { type: 'number' }, description: 'Closing prices, oldest first.' },
          window: {
            anyOf: [{ type: 'integer' }, { type: 'null' }],
            default: null,
            description: 'Days; all of them if null.',
          },
          method: { enum: ['log', 'simple'], default: 'log' },
          annualise: { type: 'boolean', default: true, description: '' },
        },
        required: ['prices'],
      },
      outputSchema: { type: 'number', description: 'A fraction: 0.2 is 20 %.' },
    }),
    version: 3,
    codeHash: 'abc',
    pins: [],
    needs: NO_NEEDS,
    admission: null,
    state: 'verified',
    stateReason: 'tests passed on 2026-01-02',
    ...changes,
  }
}

describe('a tool as the planner sees it', () => {
  test('looks like Python where it is Python', () => {
    expect(renderSignature(version({}))).toBe(
      `def annualised_volatility(prices: list[float], window: int | None = None, method: Literal["log", "simple"] = "log", annualise: bool = True) -> float:
    """Annualised volatility of log returns. Uses the sample standard deviation.
    prices: Closing prices, oldest first.
    window: Days; all of them if null.
    Returns: A fraction: 0.2 is 20 %.
    Use when: The user asks how much a price moves.
    """`,
    )
  })

  test('looks like TypeScript where it is JavaScript', () => {
    expect(renderSignature(version({ language: 'javascript', function: 'annualisedVolatility' }))).toBe(
      `/**
 * Annualised volatility of log returns. Uses the sample standard deviation.
 * @param prices Closing prices, oldest first.
 * @param window Days; all of them if null. Default null.
 * @param method Default "log".
 * @param annualise Default true.
 * @returns A fraction: 0.2 is 20 %.
 * Use when: The user asks how much a price moves.
 */
declare function annualised_volatility(input: { prices: number[]; window?: number | null; method?: "log" | "simple"; annualise?: boolean }): number`,
    )
  })

  test('is the same for every version, state, run and time that differ in nothing else', () => {
    const other = version({
      version: 9,
      state: 'trusted',
      stateReason: 'ten uses',
      codeHash: 'def',
      provenance: { ...version({}).provenance, createdAt: '2027-01-01T00:00:00.000Z', tokens: 99, repairs: 4 },
    })
    expect(renderSignature(other)).toBe(renderSignature(version({})))
  })

  test('has a summary that the description leaves out', () => {
    const text = renderSignature(version({ summary: 'How much prices move.', description: 'By log returns.' }))
    expect(text).toContain('"""How much prices move. By log returns.')
  })

  test('of a tool without parameters, text or types is short', () => {
    const bare = { summary: '', description: '', whenToUse: ' ', inputSchema: {}, outputSchema: {} }
    expect(renderSignature(version(bare))).toBe('def annualised_volatility() -> Any:\n    """\n    """')
    expect(renderSignature(version({ ...bare, language: 'javascript' }))).toBe(
      '/**\n */\ndeclare function annualised_volatility(): unknown',
    )
  })

  test('stays small and in one piece, whatever its author wrote', () => {
    const long = 'word """ */ \n\n```\n'.repeat(10_000)
    const properties = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [`p${index}`, { type: 'string', description: long, default: long }]),
    )
    for (const language of ['python', 'javascript'] as const) {
      const text = renderSignature(
        version({
          language,
          summary: long,
          description: long,
          whenToUse: long,
          inputSchema: { type: 'object', properties },
          outputSchema: { type: 'string', description: long },
        }),
      )
      expect(text.length).toBeLessThan(20_000)
      expect(text.isWellFormed()).toBe(true)
      if (language === 'python') expect(text.match(/"""/g)).toHaveLength(2)
      else expect(text.match(/\*\//g)).toHaveLength(1)
    }
  })

  test('says all of what is returned: its keys stand at the end', () => {
    const keys = Array.from({ length: 60 }, (_, index) => `key_${index} (a share of the total)`).join(', ')
    const description = `One record for each group, with ${keys}.`
    for (const language of ['python', 'javascript'] as const) {
      expect(renderSignature(version({ language, outputSchema: { type: 'object', description } }))).toContain(
        description,
      )
    }
  })

  test('is cut between characters', () => {
    const text = renderSignature(version({ summary: '🪓'.repeat(1000), description: '🪓'.repeat(1000) }))
    expect(text.isWellFormed()).toBe(true)
  })
})
