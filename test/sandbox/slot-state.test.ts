import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  advance,
  NOT_DECIDED,
  TIMER_MS,
  type SlotAct,
  type SlotEvent,
  type SlotState,
} from '../../src/sandbox/backends/linux/slot-state.ts'

const EVENTS: SlotEvent[] = [
  { type: 'claim', mustDie: false },
  { type: 'claim', mustDie: true },
  { type: 'stop', reason: 'protocol' },
  { type: 'stop', reason: 'output' },
  { type: 'stop', reason: 'wall-time' },
  { type: 'channel-end', channel: 'control' },
  { type: 'channel-end', channel: 'stdout' },
  { type: 'channel-end', channel: 'stderr' },
  { type: 'death' },
  { type: 'drained', isWhole: true },
  { type: 'drained', isWhole: false },
  { type: 'time-up' },
]

interface Course {
  state: SlotState
  acts: SlotAct[]
}

function follow(events: readonly SlotEvent[]): Course {
  const course: Course = { state: NOT_DECIDED, acts: [] }
  for (const event of events) {
    const { state, acts } = advance(course.state, event)
    expectSound(course.state, event, state, acts)
    course.state = state
    course.acts.push(...acts)
  }
  return course
}

/** What holds for every step, whatever came before it. */
function expectSound(before: SlotState, event: SlotEvent, after: SlotState, acts: SlotAct[]): void {
  const told = JSON.stringify({ before: { ...before, ended: [...before.ended] }, event, after, acts })
  const problems = [
    // The rule that was broken once: a reason to end, and nothing that brings the end about.
    (after.decision !== null || after.isDead) && after.outcome === null && after.timer === null && 'nothing ends it',
    after.outcome !== null && after.timer !== null && 'a timer is left',
    before.decision !== null && after.decision !== before.decision && 'a second decision',
    before.outcome !== null && (after !== before || acts.length > 0) && 'goes on when it is over',
    acts.includes('finish') !== (before.outcome === null && after.outcome !== null) && 'is not finished once',
    after.outcome === 'unknown' && after.isDead && 'its end is known',
    after.outcome === 'certain' && after.decision === null && !after.isDead && 'over without a reason',
  ].filter((problem) => problem !== false)
  if (problems.length > 0) expect.fail(`${problems.join(', ')}: ${told}`)
}

/** From a decision on, time alone leads to the end: so long at most. */
function longestMs(state: SlotState): number {
  let waited = 0
  for (let left = state; left.outcome === null; left = advance(left, { type: 'time-up' }).state) {
    if (left.timer === null) return Number.POSITIVE_INFINITY
    waited += TIMER_MS[left.timer]
  }
  return waited
}

test('every order of up to four events leads to an end, in bounded time, once', () => {
  let count = 0
  const visit = (state: SlotState, depth: number): void => {
    count++
    if (state.decision !== null || state.isDead) expect(longestMs(state)).toBeLessThanOrEqual(21_000)
    if (depth === 0) return
    for (const event of EVENTS) {
      const { state: next, acts } = advance(state, event)
      expectSound(state, event, next, acts)
      visit(next, depth - 1)
    }
  }
  visit(NOT_DECIDED, 4)
  expect(count).toBe((12 ** 5 - 1) / 11)
})

test('longer courses of random events end as well', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...EVENTS), { maxLength: 40 }), (events) => {
      const { state, acts } = follow(events)
      expect(acts.filter((act) => act === 'finish').length).toBe(state.outcome === null ? 0 : 1)
      if (state.decision !== null) expect(longestMs(state)).toBeLessThanOrEqual(21_000)
    }),
    { numRuns: 2_000 },
  )
})

test('after its death nothing that it left open is waited for, once what it wrote has been read', () => {
  for (const first of [...EVENTS.slice(0, 8), null]) {
    const { state } = follow([
      ...(first === null ? [] : [first]),
      { type: 'death' },
      { type: 'drained', isWhole: true },
    ])
    expect(state.outcome).toBe('certain')
  }
})

test('a stop ends the processes, whatever connections have ended', () => {
  for (const ended of [[], ['control'], ['stdout', 'stderr'], ['control', 'stdout', 'stderr']] as const) {
    const ends = ended.map((channel): SlotEvent => ({ type: 'channel-end', channel }))
    const { state, acts } = follow([...ends, { type: 'stop', reason: 'protocol' }])
    expect(acts).toEqual(['kill'])
    expect(state).toMatchObject({ decision: 'protocol', timer: 'end', outcome: null })
  }
})

test('a result without files is final with the end of its output; with files the death is waited for', () => {
  const ends: SlotEvent[] = [
    { type: 'channel-end', channel: 'stdout' },
    { type: 'channel-end', channel: 'stderr' },
  ]
  expect(follow([{ type: 'claim', mustDie: false }, ...ends]).acts).toEqual(['drain-output', 'finish'])
  expect(follow([...ends, { type: 'claim', mustDie: false }]).acts).toEqual(['finish'])
  expect(follow([{ type: 'claim', mustDie: true }, ...ends]).acts).toEqual(['kill'])
  expect(follow([{ type: 'claim', mustDie: false }, { type: 'time-up' }]).acts).toEqual(['drain-output', 'kill'])
})

test('a result that is read after the death still counts', () => {
  const { state, acts } = follow([
    { type: 'death' },
    { type: 'claim', mustDie: true },
    { type: 'drained', isWhole: true },
  ])
  expect(acts).toEqual(['drain', 'finish'])
  expect(state).toMatchObject({ decision: 'claim', outcome: 'certain' })
})
