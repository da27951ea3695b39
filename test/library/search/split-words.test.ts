import { describe, expect, test } from 'vitest'
import { splitWords } from '../../../src/library/search/split-words.ts'

describe('words', () => {
  test.each([
    ['getBasketballScore', 'get basketball score'],
    ['annualised_volatility', 'annualised volatility'],
    ['HTTPServer2', 'http server2'],
    ['parseJSONFile', 'parse json file'],
    ['Restaurants_2_ReserveRestaurant', 'restaurants 2 reserve restaurant'],
    ['math.sum', 'math sum'],
    ['kebab-case-name', 'kebab case name'],
    ['37-day volatility', '37 day volatility'],
    ['x2y', 'x2y'],
    ['3.5%', '3 5'],
    ["Apple's and the boys' café", 'apple and the boys cafe'],
    ['naïve Øresund straße œuvre Łódź', 'naive oresund strasse oeuvre lodz'],
    ['Hà Nội đường', 'ha noi duong'],
    ['ＦＵＬＬ ｗｉｄｔｈ ﬁne', 'full width fine'],
    ['İstanbul', 'istanbul'],
    ['Ελληνικά Привет', 'ελληνικα привет'],
    ['नमस्ते दुनिया', 'नमस्ते दुनिया'],
    ['مرحبا بالعالم', 'مرحبا بالعالم'],
    ['m³', 'm3'],
  ])('%j', (text, expected) => {
    expect(splitWords(text)).toEqual(expected.split(' '))
  })

  test('text without spaces comes as pairs of letters, beside words of other scripts', () => {
    expect(splitWords('你是谁?')).toEqual(['你是', '是谁'])
    expect(splitWords('天')).toEqual(['天'])
    expect(splitWords('AAPL的波动率37天')).toEqual(['aapl', '的波', '波动', '动率', '37', '天'])
    expect(splitWords('データ分析')).toEqual(['デー', 'ータ', 'タ分', '分析'])
    expect(splitWords('สวัสดี').length).toBeGreaterThan(2)
  })

  test.each(['', ' ', '\0', '\n\t', '!?…—"\'()[]{}', '🪓🔥', '\u0301\u0301', '\ud800'])('%j has no words', (text) => {
    expect(splitWords(text)).toEqual([])
  })

  test('a megabyte of any kind is split in seconds', () => {
    for (const text of ['a', 'aB', 'a ', '的', '"', '\u0301', "a's ", '👩‍👩‍👧'].map((part) =>
      part.repeat(1_000_000 / part.length),
    )) {
      const startedAt = performance.now()
      splitWords(text)
      expect(performance.now() - startedAt).toBeLessThan(10_000)
    }
  })

  test('data is no word', () => {
    expect(splitWords(`hash ${'a1'.repeat(100)} end`)).toEqual(['hash', 'end'])
  })
})
