import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  INDEX_FIELDS,
  KEPT_CALL_BYTES,
  KEPT_CALLS,
  KEPT_CALLS_BYTES,
  type FieldWeights,
  type Store,
  type ToolDecision,
  type UseRules,
} from '../../src/contracts/store.ts'
import type { ToolChange, ToolUse } from '../../src/contracts/tool.ts'
import type { OpenedStore } from './store-contract.ts'
import { indexText, sampleIndexOf, sampleTool, sampleUse, setState } from './support/samples.ts'

const EVEN = Object.fromEntries(INDEX_FIELDS.map((field) => [field, 1])) as FieldWeights

/** What every engine has to do for the life of tools: states, current versions, people's decisions, ledgers, kept calls. */
export function lifeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}: the life of tools`, () => {
    let opened: OpenedStore
    let store: Store

    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(async () => opened.dispose())

    const search = async (stem: string): Promise<string[]> => {
      const hits = await store.tools.searchIndex({
        stems: [stem],
        weights: EVEN,
        limit: 10,
        states: ['verified', 'trusted', 'candidate', 'quarantined', 'retired'],
      })
      return hits.map((hit) => `${hit.name}@${hit.version}`)
    }
    /** The text of each version has its code in it. */
    const indexOf = ({ name: tool, code }: { name: string; code: string }) => indexText({ name: tool, code })
    const save = async (code: string, changes: Parameters<typeof sampleTool>[1] = {}): Promise<void> => {
      await store.tools.saveVersion(sampleTool('mean', { code, ...changes }), indexText({ name: 'mean', code }))
    }
    const decide = async (decision: Partial<ToolDecision>, of = 'mean'): Promise<ToolChange[] | null> =>
      store.tools.change(of, () => ({ reason: 'because', by: 'person', ...decision }), indexOf)
    const current = async (): Promise<number | undefined> => (await store.tools.findVersion('mean'))?.version
    const quarantine: UseRules = { judge: () => ({ state: 'quarantined', reason: 'failed' }), indexOf }

    describe('the current version', () => {
      test('a new candidate does not hide its verified predecessor', async () => {
        await save('first')
        await save('second', { state: 'candidate' })
        expect(await current()).toBe(1)
        expect(await search('first')).toEqual(['mean@1'])
        expect(await search('second')).toEqual([])
        expect((await store.tools.findVersion('mean', 2))?.state).toBe('candidate')
        expect((await store.tools.list())[0]).toMatchObject({ version: 1, state: 'verified', newestVersion: 2 })
      })

      test('a candidate that is verified becomes current, and its own text is found', async () => {
        await save('first')
        await save('second', { state: 'candidate' })
        await decide({ states: [{ version: 2, state: 'verified', reason: 'passed' }] })
        expect(await current()).toBe(2)
        expect(await search('first')).toEqual([])
        expect(await search('second')).toEqual(['mean@2'])
      })

      test('without a usable version the newest is current', async () => {
        await save('first', { state: 'candidate' })
        await save('second', { state: 'candidate' })
        expect(await current()).toBe(2)
        expect(await store.tools.findUsable('mean')).toBeNull()
        await decide({ states: [{ version: 1, state: 'verified', reason: '' }] })
        expect((await store.tools.findUsable('mean'))?.version).toBe(1)
      })

      test('quarantine lets the older good version be found again, and says so', async () => {
        await save('first')
        await save('second')
        const changes = await store.tools.recordUse(sampleUse('mean', { version: 2, outcome: 'failure' }), quarantine)
        expect(changes).toMatchObject([
          { kind: 'state', version: 2, state: 'quarantined', reason: 'failed', by: 'handaxe' },
          { kind: 'current', version: 1, state: 'verified', reason: 'version 2 is quarantined', by: 'handaxe' },
        ])
        expect(await search('first')).toEqual(['mean@1'])
        expect(await search('second')).toEqual([])
        expect((await store.tools.indexStatistics(['first', 'second'])).documents).toEqual(new Map([['first', 1]]))
      })

      test('saving the same again, as current or as newest, writes nothing', async () => {
        await save('first')
        await save('second', { state: 'candidate' })
        await save('second', { state: 'candidate' })
        await save('first')
        expect(await store.tools.listVersions('mean')).toHaveLength(2)
      })

      test('the same code with other tests is another version', async () => {
        await save('first')
        await save('first', { tests: [{ name: 'two', kind: 'error', arguments: {} }] })
        expect(await current()).toBe(2)
      })
    })

    describe('decisions', () => {
      test('are kept with their reason, author and time, in order', async () => {
        await save('first', { stateReason: 'passed its tests' })
        await save('second', { stateReason: 'passed, too' })
        await decide({ states: [{ version: 2, state: 'retired', reason: 'worse' }], reason: 'rolled back' })
        await decide({ pinnedVersion: 1, reason: 'pinned' })
        await decide({ disabled: true, reason: 'leaks' })
        await decide({ annotation: 'see above' })
        await decide({ disabled: false, pinnedVersion: null })
        const changes = await store.tools.changes('mean')
        expect(changes.map(({ kind, version, state, by }) => [kind, version, state, by])).toEqual([
          ['state', 1, 'verified', 'handaxe'],
          ['state', 2, 'verified', 'handaxe'],
          ['current', 2, 'verified', 'handaxe'],
          ['state', 2, 'retired', 'person'],
          ['current', 1, 'verified', 'person'],
          ['pinned', 1, 'verified', 'person'],
          ['disabled', 1, 'verified', 'person'],
          ['annotated', 1, 'verified', 'person'],
          ['unpinned', 1, 'verified', 'person'],
          ['enabled', 1, 'verified', 'person'],
        ])
        expect(changes[0]?.reason).toBe('passed its tests')
        expect(changes[4]?.reason).toBe('version 2 is retired')
        expect(Math.abs(Date.now() - Date.parse(changes[9]?.at ?? ''))).toBeLessThan(60_000)
      })

      test('what is so already writes nothing', async () => {
        await save('first')
        expect(await decide({ disabled: false, pinnedVersion: null, annotation: '' })).toEqual([])
        expect(await decide({ states: [{ version: 1, state: 'verified', reason: 'all tests passed' }] })).toEqual([])
        expect(await store.tools.changes('mean')).toHaveLength(1)
      })

      test('a disabled tool is not found, and says what state it has when it is enabled again', async () => {
        await save('first')
        await decide({ disabled: true })
        expect(await search('first')).toEqual([])
        expect(await store.tools.findUsable('mean')).toBeNull()
        expect((await store.tools.list())[0]).toMatchObject({ disabled: true, state: 'verified' })
        // A new version does not let it in again.
        await save('second')
        expect(await search('second')).toEqual([])
        await decide({ disabled: false })
        expect(await search('second')).toEqual(['mean@2'])
      })

      test('a pinned version stays current whatever is saved', async () => {
        await save('first')
        await decide({ pinnedVersion: 1 })
        await save('second')
        expect(await current()).toBe(1)
        expect(await search('first')).toEqual(['mean@1'])
        await decide({ pinnedVersion: null })
        expect(await current()).toBe(2)
        expect(await search('second')).toEqual(['mean@2'])
      })

      test('what decide throws is thrown, and nothing is written', async () => {
        await save('first')
        const refuse = (): never => {
          throw new Error('no')
        }
        await expect(store.tools.change('mean', refuse, indexOf)).rejects.toThrow('no')
        await expect(decide({ pinnedVersion: 9 })).rejects.toThrow(RangeError)
        await expect(
          decide({ disabled: true, states: [{ version: 9, state: 'retired', reason: '' }] }),
        ).rejects.toThrow(RangeError)
        expect(await store.tools.findRecord('mean')).toMatchObject({ disabled: false, pinnedVersion: null })
      })

      test('of what is not there there is nothing', async () => {
        expect(await decide({}, 'nothing')).toBeNull()
        expect(await store.tools.findRecord('nothing')).toBeNull()
        expect(await store.tools.changes('nothing')).toEqual([])
        expect(await store.tools.findUsable('nothing')).toBeNull()
        expect(await store.tools.ledgers('nothing')).toEqual([])
      })

      test('the record tells what was usable once', async () => {
        await save('first', { state: 'candidate' })
        await save('second')
        await setState(store, { name: 'mean', version: 2, state: 'quarantined' })
        await decide({ annotation: 'Größe 日本' })
        expect(await store.tools.findRecord('mean')).toMatchObject({
          name: 'mean',
          currentVersion: 2,
          pinnedVersion: null,
          disabled: false,
          annotation: 'Größe 日本',
          versions: [
            { version: 1, state: 'candidate', wasUsable: false, createdAt: '2026-01-02T03:04:05.000Z' },
            { version: 2, state: 'quarantined', wasUsable: true },
          ],
        })
      })

      test('decisions that overlap are all kept', async () => {
        await save('first')
        await Promise.all(
          Array.from({ length: 20 }, async () =>
            store.tools.change(
              'mean',
              ({ annotation }) => ({ annotation: `${annotation}x`, reason: '', by: 'person' }),
              sampleIndexOf,
            ),
          ),
        )
        expect((await store.tools.findRecord('mean'))?.annotation).toBe('x'.repeat(20))
      })
    })

    describe('judging', () => {
      test('the rules are shown the uses of the version, newest first', async () => {
        await save('first')
        await save('second')
        await store.tools.recordUse(sampleUse('mean', { version: 1, inputHash: 'other' }))
        await store.tools.recordUse(sampleUse('mean', { version: 2, inputHash: 'a' }))
        await store.tools.recordUse(sampleUse('mean', { version: 2, outcome: 'failure', fault: 'tool', reused: false }))
        const seen: unknown[] = []
        const judge: UseRules['judge'] = (history) => {
          seen.push(history)
          return null
        }
        const use = sampleUse('mean', { version: 2, outcome: 'failure' })
        expect(await store.tools.recordUse(use, { judge, indexOf })).toEqual([])
        expect(seen).toEqual([
          {
            state: 'verified',
            pinned: false,
            uses: [
              { outcome: 'failure', fault: 'unknown', reused: true },
              { outcome: 'failure', fault: 'tool', reused: false },
              { outcome: 'success', inputHash: 'a', reused: true },
            ],
          },
        ])
      })

      test('uses from before a decision about the state are not judged again, outcomes themselves do not forget', async () => {
        await save('first')
        const counts: number[] = []
        const rules: UseRules = {
          judge: ({ uses }) => {
            counts.push(uses.length)
            return uses.length === 2 ? { state: 'trusted', reason: 'good' } : null
          },
          indexOf,
        }
        const use = async (): Promise<unknown> => store.tools.recordUse(sampleUse('mean'), rules)
        for (let index = 0; index < 3; index += 1) await use()
        await setState(store, { name: 'mean', version: 1, state: 'verified', reason: 'looked at' })
        await use()
        expect(counts).toEqual([1, 2, 3, 1])
      })

      test('a judgement on what is not there is not asked for', async () => {
        const rules: UseRules = {
          judge: () => {
            throw new Error('asked')
          },
          indexOf,
        }
        expect(await store.tools.recordUse(sampleUse('nothing'), rules)).toBeNull()
      })

      test('a use and what it changes are written together or not at all', async () => {
        await save('first')
        const rules: UseRules = {
          judge: () => {
            throw new Error('broken rule')
          },
          indexOf,
        }
        await expect(store.tools.recordUse(sampleUse('mean'), rules)).rejects.toThrow('broken rule')
        expect((await store.tools.ledger('mean')).uses).toBe(0)
      })
    })

    describe('the ledger of each version', () => {
      test('counts by version, fault and cause, and knows what it cost', async () => {
        await save('first')
        await save('second', {
          provenance: { ...sampleTool('mean').provenance, tokens: 500, costUsd: null },
        })
        const good = { costSavedUsd: 0.004, inputHash: 'a' }
        await store.tools.recordUse(sampleUse('mean', { ...good, runId: 'r1' }))
        await store.tools.recordUse(sampleUse('mean', { ...good }))
        await store.tools.recordUse(sampleUse('mean', { ...good, inputHash: 'b' }))
        for (const [cause, fault] of [
          ['timeout', 'host'],
          ['error: ValueError', 'caller'],
          ['error: ZeroDivisionError', 'tool'],
          ['error: ZeroDivisionError', 'tool'],
          ['odd', undefined],
        ] as const) {
          const failure = { outcome: 'failure' as const, cause, tokensSaved: 0, ...(fault ? { fault } : {}) }
          await store.tools.recordUse(sampleUse('mean', failure))
        }
        const [first, second] = await store.tools.ledgers('mean')
        expect(first).toMatchObject({
          name: 'mean',
          version: 1,
          state: 'verified',
          createdAt: '2026-01-02T03:04:05.000Z',
          uses: 8,
          successes: 3,
          failures: 5,
          reuses: 8,
          tokensSaved: 2700,
          reusingRuns: 1,
          differentInputs: 2,
          failuresBy: { tool: 2, caller: 1, host: 1, unknown: 1 },
          madeTokens: 1200,
          madeCostUsd: 0.01,
          costKnown: true,
        })
        expect(first?.costSavedUsd).toBeCloseTo(0.012, 10)
        expect(first?.causes[0]).toEqual({ cause: 'error: ZeroDivisionError', fault: 'tool', count: 2 })
        expect(first?.causes).toHaveLength(4)
        expect(second).toMatchObject({ version: 2, uses: 0, madeTokens: 500, madeCostUsd: null, costKnown: false })
      })

      test('names the failures of a version one by one, the newest first, with their runs', async () => {
        await save('first')
        await save('second')
        const fail = (cause: string, changes: Partial<ToolUse> = {}) =>
          store.tools.recordUse(sampleUse('mean', { outcome: 'failure', cause, ...changes }))
        await fail('error: KeyError', { runId: 'r1', fault: 'tool' })
        await store.tools.recordUse(sampleUse('mean', { runId: 'r2' }))
        await fail('timeout', { runId: null, fault: 'host' })
        await fail('odd', { version: 2 })
        const { at } = sampleUse('mean')
        expect(await store.tools.failures('mean', 1, 10)).toEqual([
          { runId: null, at, cause: 'timeout', fault: 'host' },
          { runId: 'r1', at, cause: 'error: KeyError', fault: 'tool' },
        ])
        expect(await store.tools.failures('mean', 1, 1)).toMatchObject([{ cause: 'timeout' }])
        expect(await store.tools.failures('mean', 2, 10)).toMatchObject([{ cause: 'odd', fault: 'unknown' }])
        expect(await store.tools.failures('nothing', 1, 10)).toEqual([])
      })

      test('a reuse without a price makes the sum unknown', async () => {
        await save('first')
        await store.tools.recordUse(sampleUse('mean', { costSavedUsd: 0.004 }))
        await store.tools.recordUse(sampleUse('mean', { costSavedUsd: null }))
        expect((await store.tools.ledgers())[0]).toMatchObject({ costSavedUsd: 0.004, costKnown: false })
      })

      test('of all tools they come by name and version', async () => {
        await save('first')
        await save('second')
        await store.tools.saveVersion(sampleTool('ant'), indexText({}))
        const ledgers = await store.tools.ledgers()
        expect(ledgers.map((ledger) => `${ledger.name}@${ledger.version}`)).toEqual(['ant@1', 'mean@1', 'mean@2'])
      })
    })

    describe('kept calls', () => {
      const use = async (inputHash: string, value: string | number, text = ''): Promise<void> => {
        const call = { arguments: { text }, value }
        await store.tools.recordUse(sampleUse('mean', { inputHash, call }))
      }

      test('are those of successful uses, newest first, one for each input', async () => {
        await save('first')
        await use('a', 1)
        await use('b', 2, 'zero \0, \ufdd0, \ud800 🪓')
        await use('a', 3)
        await store.tools.recordUse(
          sampleUse('mean', { outcome: 'failure', inputHash: 'c', call: { arguments: {}, value: 0 } }),
        )
        await store.tools.recordUse(sampleUse('mean', { call: { arguments: {}, value: 0 } }))
        expect(await store.tools.keptCalls('mean', 1)).toEqual([
          { inputHash: 'a', at: '2026-02-01T00:00:00.000Z', arguments: { text: '' }, value: 3 },
          {
            inputHash: 'b',
            at: '2026-02-01T00:00:00.000Z',
            arguments: { text: 'zero \0, \ufdd0, \ud800 🪓' },
            value: 2,
          },
        ])
        expect(await store.tools.keptCalls('mean', 2)).toEqual([])
      })

      test('keep the order of their objects and all digits', async () => {
        await save('first')
        const value = {
          $entries: [
            ['2021', { $number: '9007199254740993' }],
            ['2019', { $number: '11439.60' }],
          ],
        }
        const call = {
          arguments: {
            years: {
              $entries: [
                ['b', 1],
                ['1', [value]],
              ],
            },
          },
          value,
        }
        await store.tools.recordUse(sampleUse('mean', { inputHash: 'a', call }))
        const [kept] = await store.tools.keptCalls('mean', 1)
        expect(JSON.stringify([kept?.arguments, kept?.value])).toBe(JSON.stringify([call.arguments, value]))
      })

      test('are bounded in number', async () => {
        await save('first')
        for (let index = 0; index < KEPT_CALLS + 3; index += 1) await use(`h${index}`, index)
        const kept = await store.tools.keptCalls('mean', 1)
        expect(kept).toHaveLength(KEPT_CALLS)
        expect(kept.at(-1)?.inputHash).toBe('h3')
      })

      test('are bounded in bytes, each and together', async () => {
        await save('first')
        await use('large', 1, 'x'.repeat(KEPT_CALL_BYTES))
        expect(await store.tools.keptCalls('mean', 1)).toEqual([])
        const text = 'ü'.repeat(KEPT_CALL_BYTES / 2 - 20)
        const fit = Math.floor(KEPT_CALLS_BYTES / (KEPT_CALL_BYTES - 40))
        for (let index = 0; index < fit + 2; index += 1) await use(`h${index}`, index, text)
        const kept = await store.tools.keptCalls('mean', 1)
        expect(kept).toHaveLength(fit)
        expect(kept[0]?.inputHash).toBe(`h${fit + 1}`)
      })

      test('can be handed on to another version, and be forgotten', async () => {
        await save('first')
        await save('second')
        await use('a', 1)
        expect(await store.tools.keepCalls('mean', 2, await store.tools.keptCalls('mean', 1))).toBe(true)
        expect(await store.tools.keepCalls('mean', 9, [])).toBe(false)
        expect(await store.tools.keptCalls('mean', 2)).toHaveLength(1)
        expect(await store.tools.forgetCalls('nothing')).toBe(0)
        expect(await store.tools.forgetCalls('mean')).toBe(2)
        await use('a', 1)
        expect(await store.tools.forgetCalls()).toBe(1)
      })

      test('go with their tool', async () => {
        await save('first')
        await use('a', 1)
        await store.tools.remove('mean')
        expect(await store.tools.forgetCalls()).toBe(0)
      })
    })
  })
}
