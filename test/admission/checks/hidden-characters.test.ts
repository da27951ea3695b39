import { describe, expect, test } from 'vitest'
import { subject } from '../subjects.ts'
import { noSandbox } from '../no-sandbox.ts'
import { admit } from '../run-admission.ts'
import type { AdmissionPolicy } from '../../../src/domain/admission/policy.ts'
import { describeFinding } from '../../../src/domain/admission/describe-finding.ts'
import { hiddenCharactersCheck } from '../../../src/admission/checks/hidden-characters.ts'

const SPECIFICATION = {
  name: 'f',
  language: 'python' as const,
  description: 'x.',
  whenToUse: '',
  parameters: [],
  returns: { type: 'float', description: '' },
  examples: [],
  exampleRequests: [],
}

describe('characters that a reader does not see', () => {
  test.each([
    ['turned round', 'def f(x):\n    return x # \u202Eeslaf\u202C\n', 'U+202E'],
    ['without width', 'def f(x):\n    return x\u200B\n', 'U+200B'],
    ['for models alone', 'def f(x):\n    return x # \u{E0041}\u{E0042}\n', 'U+E0041'],
  ])(
    'refuse text %s, whoever it comes from, without a model and without an execution',
    async (_name, code, character) => {
      for (const policy of ['made', 'repaired', 'imported', 'edited'] satisfies AdmissionPolicy[]) {
        const given = { tool: subject('python', code), specification: SPECIFICATION, tests: [] }
        const { decision, findings, record } = await admit(noSandbox, given, { policy })
        expect(decision).toBe('refuse')
        expect(findings.map(({ finding }) => finding)).toEqual([
          { check: 'hidden-characters', code: 'hidden', line: 2, character },
        ])
        expect(describeFinding(findings[0]!.finding)).toContain(`Line 2 holds the invisible character ${character}`)
        expect(record.checks?.find(({ check }) => check === 'hidden-characters')).toMatchObject({ ran: 1, refused: 1 })
      }
    },
  )

  test('are not other languages, emoji and a byte order mark', async () => {
    const code = '\uFEFFdef f(x):\n    return "👨‍👩‍👧 Größe می‌خواهم"\n'
    const context = { subject: { tool: subject('python', code) } } as Parameters<typeof hiddenCharactersCheck.run>[0]
    expect(await hiddenCharactersCheck.run(context)).toEqual({ findings: [] })
  })
})
