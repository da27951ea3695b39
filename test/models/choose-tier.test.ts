import { describe, expect, test } from 'vitest'
import type { Difficulty, Role, Tier } from '../../src/contracts/models.ts'
import { chooseTier, findServedTier } from '../../src/models/choose-tier.ts'

describe('the tier of a piece of work', () => {
  test.each<[Role, Difficulty, number, Tier]>([
    ['planner', 'hard', 0, 'fast'],
    ['answerer', 'hard', 0, 'fast'],
    ['reviewer', 'easy', 0, 'strong'],
    ['coder', 'easy', 0, 'fast'],
    ['coder', 'medium', 0, 'strong'],
    ['coder', 'hard', 0, 'reasoning'],
    ['tester', 'easy', 0, 'fast'],
    ['tester', 'hard', 0, 'reasoning'],
    ['planner', 'easy', 1, 'strong'],
    ['planner', 'easy', 2, 'reasoning'],
    ['coder', 'medium', 1, 'reasoning'],
    ['coder', 'hard', 7, 'reasoning'],
    ['coder', 'easy', -1, 'fast'],
  ])('%s, %s, after %i failures: %s', (role, difficulty, escalation, tier) => {
    expect(chooseTier({ role, difficulty, escalation })).toBe(tier)
  })

  test('follows the configuration, for a role at large or by difficulty', () => {
    const roles = { planner: 'strong', coder: { easy: 'strong', medium: 'strong', hard: 'strong' } } as const
    expect(chooseTier({ role: 'planner', difficulty: 'easy', escalation: 0 }, roles)).toBe('strong')
    expect(chooseTier({ role: 'coder', difficulty: 'hard', escalation: 0 }, roles)).toBe('strong')
    expect(chooseTier({ role: 'coder', difficulty: 'easy', escalation: 1 }, roles)).toBe('reasoning')
    expect(chooseTier({ role: 'tester', difficulty: 'easy', escalation: 0 }, roles)).toBe('fast')
  })
})

describe('a tier without models', () => {
  test('is served by the nearest stronger one, else by the nearest weaker one', () => {
    expect(findServedTier('fast', { fast: [], strong: ['a/b'], reasoning: ['a/c'] })).toBe('strong')
    expect(findServedTier('strong', { fast: ['a/b'], strong: [], reasoning: ['a/c'] })).toBe('reasoning')
    expect(findServedTier('reasoning', { fast: ['a/b'], strong: ['a/c'], reasoning: [] })).toBe('strong')
    expect(findServedTier('reasoning', { fast: ['a/b'], strong: [], reasoning: [] })).toBe('fast')
    expect(findServedTier('fast', { fast: [], strong: [], reasoning: [] })).toBeNull()
  })
})
