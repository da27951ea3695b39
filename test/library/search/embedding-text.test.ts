import { expect, test } from 'vitest'
import { probeOf, toEmbeddingText } from '../../../src/library/search/embedding-text.ts'
import { newTool } from '../support/library.ts'

test('a tool says its name, what it does, when to use it, its parameters and its result, and not its code', () => {
  const text = toEmbeddingText(
    newTool('annualised_volatility', {
      summary: 'Annualised volatility.',
      description: 'Of log returns.',
      whenToUse: 'Prices are given.',
      inputSchema: {
        type: 'object',
        properties: { prices: { type: 'array', description: 'closing prices' }, trading_days: { type: 'integer' } },
      },
      outputSchema: { type: 'number', description: 'a share' },
      code: 'def annualised_volatility(prices): return secret_identifier',
    }),
  )
  expect(text.split('\n')).toEqual([
    'annualised volatility',
    'Annualised volatility. Of log returns.',
    'Prices are given.',
    'prices: closing prices',
    'trading days',
    'Returns: a share',
  ])
})

test('the last example request is kept back to try the vectors by', () => {
  const tool = newTool('mean', { exampleRequests: ['What is the mean?', 'And on average?'] })
  expect(toEmbeddingText(tool)).toContain('What is the mean?')
  expect(toEmbeddingText(tool)).not.toContain('on average')
  expect(probeOf(tool)).toBe('And on average?')
  expect(probeOf(newTool('mean', { exampleRequests: [] }))).toBeNull()
  expect(probeOf(newTool('mean', { exampleRequests: [' '] }))).toBeNull()
})

test('a description of megabytes is cut, between characters', () => {
  const text = toEmbeddingText(newTool('long', { description: '😀'.repeat(1_000_000) }))
  expect(text.length).toBeLessThanOrEqual(4000)
  expect(text.isWellFormed()).toBe(true)
})
