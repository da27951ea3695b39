import { describe, expect, test } from 'vitest'
import { INDEX_FIELDS } from '../../../src/contracts/store.ts'
import { toIndexText, toStems } from '../../../src/library/search/index-text.ts'
import { newTool } from '../support/library.ts'

describe('the text of a tool', () => {
  const text = toIndexText(
    newTool('annualised_volatility', {
      summary: 'Annualised volatility of log returns.',
      description: 'Annualised volatility of log returns. Uses sample deviation.',
      whenToUse: 'When risk is asked for.',
      inputSchema: {
        type: 'object',
        properties: {
          prices: {
            type: 'array',
            items: { type: 'number', description: 'one closing price' },
            description: 'oldest first',
          },
          method: { enum: ['logarithmic', 'simple', 3, null] },
          table: { type: 'object', properties: { column_name: { $ref: '#/$defs/Column' } } },
        },
        $defs: { Column: { type: 'string', description: 'heading' } },
      },
      outputSchema: { type: 'object', properties: { sharpe_ratio: { type: 'number', description: 'excess return' } } },
      exampleRequests: ['How much does AAPL move?', '??', 'Is it risky?'],
      code: '"""Docstring words."""\nimport numpy\n\ndef annualised_volatility(prices, rolling_window=None):  # comment\n    label = "quoted"\n    return numpy.std(prices)\n',
    }),
  )

  test('has each thing in its field, as stems', () => {
    expect(text).toMatchObject({
      name: 'annual volatil',
      description: 'annual volatil log return sampl deviat risk ask',
      parameters: 'price method tabl column name',
      details: 'oldest first close price head',
      choices: 'logarithm simpl',
      returns: 'sharp ratio excess return',
      requests: 'much aapl move | riski',
    })
  })

  test('has the names of the code without its prose', () => {
    const names = text.code.split(' ')
    for (const name of ['numpi', 'roll', 'window', 'label', 'std']) expect(names).toContain(name)
    for (const word of ['docstr', 'comment', 'quot', 'def', 'return']) expect(names).not.toContain(word)
    expect(new Set(names).size).toBe(names.length)
  })

  test('has a function’s name only where it says something new', () => {
    const name = (tool: string, functionName: string): string =>
      toIndexText(newTool(tool, { function: functionName })).name
    expect(name('log_returns', 'logReturns')).toBe('log return')
    expect(name('log_returns', 'default_rate')).toBe('log return default rate')
  })
})

describe('ugly tools', () => {
  test('a parameter that is called like a keyword of schemas is a parameter', () => {
    const { parameters, details } = toIndexText(
      newTool('x', {
        inputSchema: {
          type: 'object',
          properties: {
            description: { type: 'string', description: 'the text' },
            enum: { type: 'string' },
            properties: {},
          },
        },
      }),
    )
    expect(parameters).toBe('descript enum properti')
    expect(details).toBe('text')
  })

  test('a schema of great depth or size ends', () => {
    let deep: Record<string, unknown> = { description: 'bottom' }
    for (let depth = 0; depth < 5000; depth += 1) deep = { items: deep }
    const wide = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [`name${index}`, { description: 'x y z' }]),
    )
    const text = toIndexText(newTool('x', { inputSchema: deep as never, outputSchema: { properties: wide } }))
    expect(text.details).toBe('')
    for (const field of INDEX_FIELDS) expect(text[field].split(' ').length).toBeLessThanOrEqual(400)
  })

  test.each([true, null, [], 'text', 3] as never[])('the schema %j has no text', (schema) => {
    expect(toIndexText(newTool('x', { inputSchema: schema })).parameters).toBe('')
  })

  test('fields are stems with single spaces, whatever the texts are', () => {
    expect(toStems(['', '  a\n\nvolatility ', '\0', '!!', 'ΔT 平均 \ud800'])).toBe('volatil δt 平均')
  })
})
