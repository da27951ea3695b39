import { describe, expect, test } from 'vitest'
import { parseReview } from '../../../src/admission/review/parse-review.ts'
import { findJson } from '../../../src/agent/parse-reply/find-json.ts'

const block = (value: unknown): string => `I looked at it.\n\n\`\`\`json\n${JSON.stringify(value)}\n\`\`\`\n`
const parse = (reply: string): ReturnType<typeof parseReview> => parseReview(reply, findJson)

describe('a review', () => {
  test('that keeps the tool has no reasons', () => {
    expect(parse(block({ verdict: 'keep', reasons: [] }))).toEqual({ value: { verdict: 'keep', reasons: [] } })
    expect(parse('{"verdict": "keep"}')).toEqual({ value: { verdict: 'keep', reasons: [] } })
  })

  test('that rejects it says why, with the line where there is one', () => {
    const reasons = [
      { kind: 'docstring', line: 12, text: 'divides by n' },
      { kind: 'single-use', text: 'the name AAPL' },
    ]
    expect(parse(block({ verdict: 'reject', reasons }))).toEqual({
      value: { verdict: 'reject', reasons: [reasons[0], { ...reasons[1], line: null }] },
    })
  })

  test('is the last one where the reviewer thought again', () => {
    const reply = block({ verdict: 'keep' }) + block({ verdict: 'reject', reasons: [{ kind: 'wrong', text: 'f(0)' }] })
    expect(parse(reply)).toMatchObject({ value: { verdict: 'reject' } })
  })

  test('that keeps with remarks keeps: a reviewer that is not certain has no fault to name', () => {
    const reply = block({ verdict: 'keep', reasons: [{ kind: 'wrong', text: 'perhaps' }] })
    expect(parse(reply)).toEqual({ value: { verdict: 'keep', reasons: [] } })
  })

  test.each([
    ['nothing', '', /JSON/],
    ['prose alone', 'It looks fine to me.', /JSON/],
    ['another verdict', block({ verdict: 'maybe' }), /'keep' or 'reject'/],
    ['a rejection without a reason', block({ verdict: 'reject', reasons: [] }), /at least one reason/],
    [
      'a kind that does not exist',
      block({ verdict: 'reject', reasons: [{ kind: 'style', text: 'x' }] }),
      /kind has to be one of/,
    ],
    ['an empty text', block({ verdict: 'reject', reasons: [{ kind: 'wrong', text: '  ' }] }), /needs a text/],
    ['broken JSON', '```json\n{"verdict": "keep"', /./],
    ['a line of zero', block({ verdict: 'reject', reasons: [{ kind: 'wrong', line: 0, text: 'x' }] }), /line/],
    [
      'too many reasons',
      block({ verdict: 'reject', reasons: Array.from({ length: 30 }, () => ({ kind: 'wrong', text: 'x' })) }),
      /reasons/,
    ],
    ['something huge', `${'blah '.repeat(200_000)}`, /JSON/],
  ])('of %s is a problem for the reviewer', (_name, reply, pattern) => {
    expect(parse(reply)).toMatchObject({ problem: expect.stringMatching(pattern) as string })
  })
})
