import { describe, expect, test } from 'vitest'
import { eventsOf } from '../open-test-agent.ts'
import { block, json } from '../scripted-replies.ts'
import { useTestAgent } from '../use-test-agent.ts'

const setup = useTestAgent()

const script = (id: string, needs: string[] = []) => ({
  id,
  decision: 'script',
  goal: `Compute ${id}`,
  needs,
  uses: [],
})

function plan(answer: string | null, steps: object[], language?: string): string {
  return json({ understanding: 'Sales.', difficulty: 'easy', steps, answer, language })
}

describe('a value comes to the page as the program gave it', () => {
  test('its order and digits in the prompt of the answer, its labels in the note', async () => {
    const code = `import decimal, pandas as pd
result({
    "by_year": pd.Series([30, 20, 10], index=[2021, 2019, 2020]),
    "ean": 4006381333931, "id": 2**60 + 1, "sum": decimal.Decimal("12345678901.20"),
    "twice": pd.Series([1, 2], index=["a", "a"]),
})`
    let asked = ''
    const { result } = await setup.subject.play(
      [
        { role: 'planner', reply: `${plan(null, [script('s1')])}\n${block(code, 'python s1')}` },
        {
          role: 'answerer',
          reply: ({ messages }) => {
            asked = String(messages[0]?.content)
            return 'Done.'
          },
        },
      ],
      'Sales by year',
    )
    expect(result?.status).toBe('succeeded')
    expect(asked).toContain('{"by_year":{"2021":30,"2019":20,"2020":10},"ean":4006381333931,"id":1152921504606846977,')
    expect(asked).toContain('"sum":12345678901.20,"twice":[["a",1],["a",2]]}')
    expect(asked).toContain('Note: "labels of a Series are the same as text (a)')
  })

  test('its parts in the answer, in the language of the answer', async () => {
    const code = `import decimal, datetime
result({2021: 2221.75, 2019: decimal.Decimal("11439.60"), "id": 2**60 + 1, "day": "2024-01-01T00:00:00+02:00",
        "time": datetime.timedelta(hours=26)})`
    const answer =
      '2021 {{s1.2021|money:EUR}}, 2019 {{s1["2019"]|number:2}} ({{s1.2019|fixed:2}}), {{s1.id}}, {{s1.day|date}}, {{s1.time|duration}}'
    const { result } = await setup.subject.play(
      [{ role: 'planner', reply: `${plan(answer, [script('s1')], 'de')}\n${block(code, 'python s1')}` }],
      'Wie hoch war der Umsatz?',
    )
    expect(result?.answer?.replaceAll('\u00a0', ' ')).toBe(
      '2021 2.221,75 €, 2019 11.439,60 (11439.60), 1152921504606846977, 01.01.2024, 1 Tag, 2 Stunden',
    )
    expect(result?.usage.calls).toBe(1)
  })

  test('an object in an answer is worded by a model, not dumped', async () => {
    const { result } = await setup.subject.play(
      [
        {
          role: 'planner',
          reply: `${plan('The counts: {{s1}}', [script('s1')], 'en')}\n${block('result({"a": 1, "b": 2})', 'python s1')}`,
        },
        { role: 'answerer', reply: 'There is one a and there are two b.' },
      ],
      'How many of each?',
    )
    expect(result?.answer).toBe('There is one a and there are two b.')
  })

  test('the next program reads it with its order and digits', async () => {
    const first = 'result({"b": [float("nan"), 1], 2021: 2**60 + 1, 2019: 3})'
    const second = `import json
given = json.load(open("/box/input/s1.value.json"))
result([list(given), given["2021"] - 2**60, given["b"][0] != given["b"][0]])`
    const { result, events } = await setup.subject.play(
      [
        {
          role: 'planner',
          reply: `${plan('{{s2[1]}}', [script('s1'), script('s2', ['s1'])])}\n${block(first, 'python s1')}\n${block(second, 'python s2')}`,
        },
      ],
      'Two steps',
    )
    const observed = eventsOf(events, 'execution-finished').map(({ observation }) => observation.value)
    expect(observed[1]).toBe('[["b","2021","2019"],1,true]')
    expect(result?.answer).toBe('1')
  })
})
