import type { RoutedCall } from '../../../src/contracts/models.ts'

export function call(changes: Partial<RoutedCall> = {}): RoutedCall {
  return {
    role: 'coder',
    difficulty: 'easy',
    escalation: 0,
    instructions: 'Write Python.',
    messages: [{ role: 'user', content: 'A mean function' }],
    ...changes,
  }
}
