import { describe, expect, test } from 'vitest'
import { rankScripts, toScriptStems } from '../../../src/library/search/rank-scripts.ts'

const REQUESTS = [
  'How many customers of shop.csv bought nothing in March?',
  'Which city had the highest mean temperature in 2019?',
  'Convert the invoice amounts from euro to dollar',
  'Quelle ville avait la température moyenne la plus haute ?',
  'Больше всего осадков в каком месяце?',
]
const SCRIPTS = REQUESTS.map((request, index) => ({ id: String(index), stems: toScriptStems({ request, goal: '' }) }))

describe('programs that solved a similar request', () => {
  test('are found by a request of the same kind with other names and numbers', () => {
    const [best] = rankScripts('Which city had the highest mean temperature in 2023?', SCRIPTS)
    expect(best?.id).toBe('1')
    expect(rankScripts('How many customers of kiosk.csv bought nothing in June?', SCRIPTS)[0]?.id).toBe('0')
    expect(rankScripts('Больше всего осадков в каком году?', SCRIPTS)[0]?.id).toBe('4')
  })

  test('are not found by another request, however many common words it has', () => {
    expect(rankScripts('How many words of the text have more than ten letters?', SCRIPTS)).toEqual([])
    expect(rankScripts('Which plane had the longest route?', SCRIPTS)).toEqual([])
  })

  test.each(['', '   ', '2019', '¿?', 'the of and', '\0'])('are not found by %j', (text) => {
    expect(rankScripts(text, SCRIPTS)).toEqual([])
  })

  test('a goal counts like the request', () => {
    const stems = toScriptStems({ request: 'Do it for June', goal: 'Count customers without a purchase' })
    expect(rankScripts('Count the customers without a purchase in May', [{ id: 'a', stems }])).toHaveLength(1)
  })
})
