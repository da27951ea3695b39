import { expect, test } from 'vitest'
import { canonicalLanguage } from '../../../src/domain/language/canonical-language.ts'

test.each([
  ['de', 'de'],
  ['DE-ch', 'de-CH'],
  ['pt_BR', 'pt-BR'],
  [' zh-Hant-TW ', 'zh-Hant-TW'],
  ['German', null],
  ['', null],
  ['de-', null],
  ['xx-YY', null],
])('the tag %j is %j', (tag, language) => {
  expect(canonicalLanguage(tag)).toBe(language)
})
