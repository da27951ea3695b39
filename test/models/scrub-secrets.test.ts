import { describe, expect, test } from 'vitest'
import { maskValues, scrubSecrets } from '../../src/models/scrub-secrets.ts'

describe('taking secrets out of a text', () => {
  test('removes the given values, a longer one before a shorter one that it holds', () => {
    expect(scrubSecrets('a=tok123456 b=tok1234567890', ['tok123456', 'tok1234567890'])).toBe('a=[secret] b=[secret]')
  })

  test.each([
    'Incorrect API key provided: sk-proj-abc***********xyz.',
    'sk-ant-api03-AbCdEf_123-456',
    'header was Authorization: Bearer abcdef.ghijkl-123',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'https://user:hunter22@host/v1 refused',
  ])('removes what looks like a key: %s', (text) => {
    const scrubbed = scrubSecrets(text, [])
    expect(scrubbed).toContain('[secret]')
    for (const part of ['abc***', 'AbCdEf', 'ghijkl', 'c2lnbmF0dXJl', 'hunter22']) expect(scrubbed).not.toContain(part)
  })

  test.each(['', 'The task-manager is busy', 'model sk-1 not found', 'a bearer of news', 'http://host:8080/v1'])(
    'leaves %j as it is',
    (text) => {
      expect(scrubSecrets(text, ['', 'is', 'news'])).toBe(text)
    },
  )

  test('masks given values only in text that is kept, such as code', () => {
    expect(maskValues('sk_model_name = "tok123456"', ['tok123456'])).toBe('sk_model_name = "[secret]"')
  })
})
