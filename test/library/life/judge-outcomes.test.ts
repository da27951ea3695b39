import { describe, expect, test } from 'vitest'
import { JUDGED_USES, type UseHistory } from '../../../src/contracts/store.ts'
import { judgeOutcomes } from '../../../src/library/life/judge-outcomes.ts'

type State = UseHistory['state']

/**
 * A life as a line of uses, oldest first: upper case failed by the tool's fault, lower case succeeded, each letter is an
 * input; `!` is a failure of the caller, `~` of the host, `?` of nobody knows whom; `0` a success and `9` a failure of an
 * input that nobody noted; `*` is the success of the run that made the tool.
 */
function usesOf(line: string): UseHistory['uses'] {
  const use = (mark: string): UseHistory['uses'][number] => {
    if (mark === '!') return { outcome: 'failure', fault: 'caller', inputHash: mark, reused: true }
    if (mark === '~') return { outcome: 'failure', fault: 'host', inputHash: mark, reused: true }
    if (mark === '?') return { outcome: 'failure', fault: 'unknown', reused: true }
    if (mark === '0') return { outcome: 'success', reused: true }
    if (mark === '9') return { outcome: 'failure', fault: 'tool', reused: true }
    if (mark === '*') return { outcome: 'success', inputHash: mark, reused: false }
    const failed = mark === mark.toUpperCase()
    const inputHash = mark.toLowerCase()
    return failed
      ? { outcome: 'failure', fault: 'tool', inputHash, reused: true }
      : { outcome: 'success', inputHash, reused: true }
  }
  return [...line].toReversed().map(use).slice(0, JUDGED_USES)
}

function judge(line: string, state: State = 'verified', pinned = false): State | null {
  return judgeOutcomes({ state, pinned, uses: usesOf(line) })?.state ?? null
}

/** Plays a life use by use, from `verified`, and gives the states that it went through. */
function live(line: string): string {
  let state: State = 'verified'
  const states: string[] = []
  for (let end = 1; end <= line.length; end += 1) {
    state = judgeOutcomes({ state, pinned: false, uses: usesOf(line.slice(0, end)) })?.state ?? state
    states.push(state[0] ?? '')
  }
  return states.join('')
}

describe('promotion', () => {
  test.each([
    ['three different inputs', 'abc', 'trusted'],
    ['two', 'ab', null],
    ['the same input again and again', 'aaaaaaaa', null],
    ['the same inputs in turn', 'ababab', null],
    ['inputs that nobody noted', '00000', null],
    ['the use in the run that made it, and two others', '*ab', null],
    ['that use, and three others', '*abc', 'trusted'],
    ['three since the last failure', 'Xabc', 'trusted'],
    ['three with a failure between', 'abXc', null],
    ['three, with refused arguments and a busy host between', 'a!b~c', 'trusted'],
    ['three, and then refused arguments', 'abc!!!', 'trusted'],
    ['nothing at all', '', null],
  ])('%s', (_, line, state) => {
    expect(judge(line)).toBe(state)
  })

  test('tells how many inputs it was', () => {
    expect(judgeOutcomes({ state: 'verified', pinned: false, uses: usesOf('abca') })).toEqual({
      state: 'trusted',
      reason: 'gave good values for 3 different inputs in a row',
    })
  })
})

describe('quarantine', () => {
  test.each([
    ['the first two inputs fail', 'AB', 'quarantined'],
    ['one failure', 'A', null],
    ['the same input fails twice, three times, four times', 'AAAA', null],
    ['the same input fails five times in a row', 'AAAAA', 'quarantined'],
    ['failures without a noted input are one input', '9999', null],
    ['they are enough in the end', '99999', 'quarantined'],
    ['half of the uses fail, on different inputs', 'aBcD', 'quarantined'],
    ['less than half', 'abcDeF', null],
    ['three in a row after a good life', 'abcdefgXYZ', 'quarantined'],
    ['three in a row on one input after a good life', 'abcdefgXXX', null],
    ['three in a row on two inputs after a good life', 'abcdefgXXY', 'quarantined'],
    ['two in a row after a good life', 'abcdefgXY', null],
    ['old failures are forgotten', 'ABCabcdefghiJ', null],
    ['every other use over a long time', 'aBcDeFgHiJ', 'quarantined'],
    ['a success comes after many failures: nothing more happens', 'ABCDa', null],
    ['only the caller fails', '!!!!!!!!!!', null],
    ['only the host fails', '~~~~~~~~~~', null],
    ['nobody knows', '??????????', null],
    ['failures of the caller do not stretch a row', 'A!!!!!A', null],
    ['nor do they break one', 'abcdefgX!Y~Z', 'quarantined'],
  ])('%s', (_, line, state) => {
    expect(judge(line, line === 'ABCDa' ? 'quarantined' : 'verified')).toBe(state)
  })

  test('says what went wrong', () => {
    const reasonOf = (line: string): string | undefined =>
      judgeOutcomes({ state: 'verified', pinned: false, uses: usesOf(line) })?.reason
    expect(reasonOf('abcdefgXYZ')).toBe('failed 3 times in a row, on 3 different inputs')
    expect(reasonOf('AAAAA')).toBe('failed 5 times in a row')
    expect(reasonOf('aBcD')).toBe('failed in 2 of its last 4 uses, on 2 different inputs')
  })
})

describe('demotion', () => {
  test('one failure takes the trust away, another may take the tool away', () => {
    expect(judge('abcD', 'trusted')).toBe('verified')
    expect(judge('abcDE', 'trusted')).toBe('verified')
    expect(judge('abDE', 'trusted')).toBe('quarantined')
  })

  test('failures that are not the tool’s leave a trusted tool alone', () => {
    expect(judge('abc!~?', 'trusted')).toBeNull()
  })
})

test.each([
  ['abcabc', 'vvtttt'],
  ['abcDabe', 'vvtvvvt'],
  ['abcDEFabc', 'vvtvvqqqq'],
  ['AaBbCc', 'vvqqqq'],
  ['*!!abAc', 'vvvvvvv'],
])('the life %s goes through %s', (line, states) => {
  expect(live(line)).toBe(states)
})

test('candidates, quarantined, retired and pinned tools are left to checks and to people', () => {
  for (const state of ['candidate', 'quarantined', 'retired'] as const) {
    expect(judge('abcdef', state)).toBeNull()
    expect(judge('ABCDEF', state)).toBeNull()
  }
  expect(judge('abcdef', 'verified', true)).toBeNull()
  expect(judge('ABCDEF', 'trusted', true)).toBeNull()
})

test('ten thousand random lives never end in a state that rules cannot give', () => {
  let seed = 7
  const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
  const marks = 'abcdeABCDE!~?09*'
  for (let life = 0; life < 10_000; life += 1) {
    const line = Array.from({ length: random(JUDGED_USES + 20) }, () => marks[random(marks.length)]).join('')
    const telling = [...line].filter((mark) => !'!~?'.includes(mark))
    const verdict = judge(line)
    if (verdict === 'trusted') expect(telling.at(-1)).toMatch(/[a-e0*]/)
    if (verdict === 'quarantined') expect(telling.at(-1)).toMatch(/[A-E9]/)
    expect(['trusted', 'quarantined', null]).toContain(verdict)
  }
})
