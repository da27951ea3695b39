import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FieldWeights, Store } from '../../src/contracts/store.ts'
import { INDEX_FIELDS, KEPT_SCRIPTS } from '../../src/contracts/store.ts'
import {
  indexText,
  sampleEvent,
  sampleResult,
  sampleRun,
  sampleScript,
  sampleTool,
  sampleUse,
  setState,
} from './support/samples.ts'

export interface OpenedStore {
  store: Store
  /** A second connection to the same data. */
  openAgain(): Promise<Store>
  /** Closes what was opened and removes the data. */
  dispose(): Promise<void>
}

const EVEN = Object.fromEntries(INDEX_FIELDS.map((field) => [field, 1])) as FieldWeights

/** What every engine has to do. `open` gives an empty store of its own to each test. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}: the store's contract`, () => {
    let opened: OpenedStore
    let store: Store

    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(async () => opened.dispose())

    const search = async (
      stems: string[],
      options: { weights?: FieldWeights; limit?: number; states?: ('verified' | 'trusted' | 'candidate')[] } = {},
    ): Promise<string[]> => {
      const { weights = EVEN, limit = 10, states = ['verified', 'trusted'] } = options
      return (await store.tools.searchIndex({ stems, weights, limit, states })).map((hit) => hit.name)
    }

    describe('tools', () => {
      test('a saved version comes back as it was, from another connection too', async () => {
        const tool = sampleTool('mean', { exampleRequests: ['What is the mean?'], imports: ['math'] })
        const saved = await store.tools.saveVersion(tool, indexText({ name: 'mean' }))
        expect(saved).toEqual({ ...tool, version: 1 })
        const again = await opened.openAgain()
        expect(await again.tools.findVersion('mean')).toEqual(saved)
        expect(await again.tools.findVersion('mean', 1)).toEqual(saved)
        await again.close()
      })

      test('a version that was not held against the newest one is a candidate, and takes no place', async () => {
        await store.tools.saveVersion(sampleTool('mean'), indexText({}))
        const late = { ...sampleTool('mean', { code: 'def mean(values):\n    return 2.0\n' }), heldAgainst: 0 }
        expect(await store.tools.saveVersion(late, indexText({}))).toMatchObject({ version: 2, state: 'candidate' })
        expect(await store.tools.findUsable('mean')).toMatchObject({ version: 1 })
        const held = { ...sampleTool('mean', { code: 'def mean(values):\n    return 3.0\n' }), heldAgainst: 2 }
        const saved = await store.tools.saveVersion(held, indexText({}))
        expect(saved).toMatchObject({ version: 3, state: 'verified' })
        // What it was held against is nothing that a version keeps.
        expect(saved).not.toHaveProperty('heldAgainst')
        const first = { ...sampleTool('median'), heldAgainst: 0 }
        expect(await store.tools.saveVersion(first, indexText({}))).toMatchObject({ version: 1, state: 'verified' })
      })

      test('of several that save one name at once, one is verified', async () => {
        const codes = Array.from({ length: 5 }, (_, index) => `def mean(values):\n    return ${index}.0\n`)
        const saved = await Promise.all(
          codes.map(async (code) => {
            return store.tools.saveVersion({ ...sampleTool('mean', { code }), heldAgainst: 0 }, indexText({}))
          }),
        )
        expect(saved.filter((one) => one?.state === 'verified')).toHaveLength(1)
        expect(await store.tools.findUsable('mean')).toMatchObject({ version: 1 })
      })

      test('tests and admission of a version can be amended, and nothing else changes', async () => {
        const tool = sampleTool('mean')
        const saved = await store.tools.saveVersion(tool, indexText({ name: 'mean' }))
        const tests = [
          ...tool.tests,
          { name: 'two', kind: 'example' as const, arguments: { values: [2] }, expected: 2 },
        ]
        const amended = await store.tools.amendVersion('mean', 1, { tests, admission: null })
        expect(amended).toEqual({ ...saved, tests })
        expect(await store.tools.findVersion('mean')).toEqual(amended)
        expect(await store.tools.amendVersion('mean', 2, { tests, admission: null })).toBeNull()
        expect(await store.tools.amendVersion('nothing', 1, { tests, admission: null })).toBeNull()
        expect(await search(['name'])).toEqual([])
      })

      test('what is not there is null, not an error', async () => {
        expect(await store.tools.findVersion('nothing')).toBeNull()
        await store.tools.saveVersion(sampleTool('mean'), indexText({}))
        expect(await store.tools.findVersion('mean', 2)).toBeNull()
        expect(await store.tools.listVersions('nothing')).toEqual([])
      })

      test('other code makes the next version, and that is the current one', async () => {
        await store.tools.saveVersion(sampleTool('mean'), indexText({}))
        const second = await store.tools.saveVersion(sampleTool('mean', { code: 'def mean(): pass' }), indexText({}))
        expect(second?.version).toBe(2)
        expect((await store.tools.findVersion('mean'))?.version).toBe(2)
        expect((await store.tools.listVersions('mean')).map(({ version }) => version)).toEqual([1, 2])
        expect(await store.tools.count()).toBe(1)
      })

      test('the same code and pins again write nothing', async () => {
        const first = await store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
        const again = await store.tools.saveVersion(
          sampleTool('mean', { whenToUse: 'never' }),
          indexText({ name: 'else' }),
        )
        expect(again).toEqual(first)
        expect(await search(['else'])).toEqual([])
      })

      test('the same code with other texts is another version where a person wrote them', async () => {
        const first = await store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
        const provenance = { ...sampleTool('mean').provenance, source: 'edited' as const }
        const edited = sampleTool('mean', { exampleRequests: ['what is typical'], provenance })
        expect(await store.tools.saveVersion(edited, indexText({}))).toMatchObject({ version: 2 })
        expect(await store.tools.saveVersion(edited, indexText({}))).toMatchObject({ version: 2 })
        expect(first?.version).toBe(1)
      })

      test('the same code with other pins is another version', async () => {
        await store.tools.saveVersion(sampleTool('sum'), indexText({}))
        await store.tools.saveVersion(sampleTool('sum', { code: 'def sum(): pass' }), indexText({}))
        const code = 'from tools import sum'
        await store.tools.saveVersion(sampleTool('mean', { code, pins: [{ name: 'sum', version: 1 }] }), indexText({}))
        const second = await store.tools.saveVersion(
          sampleTool('mean', { code, pins: [{ name: 'sum', version: 2 }] }),
          indexText({}),
        )
        expect(second).toMatchObject({ version: 2, pins: [{ name: 'sum', version: 2 }] })
      })

      test('a pin on what is not there saves nothing', async () => {
        const tool = sampleTool('mean', { pins: [{ name: 'sum', version: 1 }] })
        expect(await store.tools.saveVersion(tool, indexText({ name: 'mean' }))).toBeNull()
        expect(await store.tools.count()).toBe(0)
        expect(await search(['mean'])).toEqual([])
      })

      test('text of any kind survives: quotes, zero bytes, lone surrogates, other scripts', async () => {
        const odd = `"'; DROP TABLE tool; -- \0 \ud800 名前 नाम 🪓`
        const tool = sampleTool('odd', { summary: odd, description: odd, stateReason: odd.toWellFormed(), code: odd })
        const saved = await store.tools.saveVersion({ ...tool, summary: odd.toWellFormed() }, indexText({}))
        expect(saved).toEqual({ ...tool, summary: odd.toWellFormed(), version: 1 })
        await setState(store, { name: 'odd', version: 1, state: 'trusted', reason: odd.toWellFormed() })
        expect((await store.tools.findVersion('odd'))?.stateReason).toBe(odd.toWellFormed())
      })

      test('a tool with megabytes of code is kept whole', async () => {
        const code = `x = "${'a'.repeat(5_000_000)}"`
        await store.tools.saveVersion(sampleTool('large', { code }), indexText({}))
        expect((await store.tools.findVersion('large'))?.code).toHaveLength(code.length)
      })

      test('the list shows the current versions by name, each with its ledger', async () => {
        await store.tools.saveVersion(sampleTool('zebra'), indexText({}))
        await store.tools.saveVersion(sampleTool('ant', { state: 'candidate' }), indexText({}))
        await store.tools.saveVersion(sampleTool('ant', { code: 'other', summary: 'Second.' }), indexText({}))
        await store.tools.recordUse(sampleUse('ant', { version: 1 }))
        await store.tools.recordUse(sampleUse('ant', { version: 2, outcome: 'failure', cause: 'timeout' }))
        const list = await store.tools.list()
        expect(list.map(({ name, version, state }) => [name, version, state])).toEqual([
          ['ant', 2, 'verified'],
          ['zebra', 1, 'verified'],
        ])
        expect(list[0]).toMatchObject({ summary: 'Second.', createdAt: '2026-01-02T03:04:05.000Z' })
        expect(list[0]?.ledger).toMatchObject({ uses: 2, failures: 1 })
        expect(list[1]?.ledger).toEqual(await store.tools.ledger('zebra'))
      })

      test('a state belongs to a version, and a new version begins with its own', async () => {
        await store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
        expect(
          await setState(store, { name: 'mean', version: 1, state: 'quarantined', reason: 'three failures' }),
        ).toBe(true)
        expect(await store.tools.findVersion('mean')).toMatchObject({
          state: 'quarantined',
          stateReason: 'three failures',
        })
        expect(await search(['mean'])).toEqual([])
        await store.tools.saveVersion(sampleTool('mean', { code: 'repaired' }), indexText({ name: 'mean' }))
        expect(await search(['mean'])).toEqual(['mean'])
        expect((await store.tools.findVersion('mean', 1))?.state).toBe('quarantined')
        // An older version does not decide what is found.
        await setState(store, { name: 'mean', version: 1, state: 'retired', reason: 'replaced' })
        expect(await search(['mean'])).toEqual(['mean'])
      })

      test('a state for what is not there says so', async () => {
        expect(await setState(store, { name: 'nothing', version: 1, state: 'trusted' })).toBe(false)
        await store.tools.saveVersion(sampleTool('mean'), indexText({}))
        await expect(setState(store, { name: 'mean', version: 9, state: 'trusted' })).rejects.toThrow(RangeError)
      })

      test('the ledger adds up the uses of all versions', async () => {
        await store.tools.saveVersion(sampleTool('mean'), indexText({}))
        await store.tools.saveVersion(sampleTool('mean', { code: 'other' }), indexText({}))
        expect(await store.tools.ledger('mean')).toEqual({
          uses: 0,
          successes: 0,
          failures: 0,
          reuses: 0,
          tokensSaved: 0,
          wallMs: 0,
          lastUsedAt: null,
        })
        await store.tools.recordUse(sampleUse('mean', { reused: false, tokensSaved: 0 }))
        await store.tools.recordUse(sampleUse('mean', { version: 2, at: '2026-05-01T00:00:00.000Z' }))
        await store.tools.recordUse(sampleUse('mean', { version: 2, outcome: 'failure', tokensSaved: -100 }))
        expect(await store.tools.ledger('mean')).toEqual({
          uses: 3,
          successes: 2,
          failures: 1,
          reuses: 2,
          tokensSaved: 800,
          wallMs: 37.5,
          lastUsedAt: '2026-05-01T00:00:00.000Z',
        })
      })

      test('a use of what is not there is not written', async () => {
        expect(await store.tools.recordUse(sampleUse('nothing'))).toBeNull()
        expect((await store.tools.ledger('nothing')).uses).toBe(0)
      })

      test('removing takes versions, ledger and index along', async () => {
        await store.tools.saveVersion(sampleTool('mean'), indexText({ name: 'mean' }))
        await store.tools.recordUse(sampleUse('mean'))
        expect(await store.tools.remove('mean')).toEqual({ removed: true, importers: [] })
        expect(await store.tools.findVersion('mean')).toBeNull()
        expect((await store.tools.ledger('mean')).uses).toBe(0)
        expect(await search(['mean'])).toEqual([])
        expect((await store.tools.indexStatistics(['mean'])).documents.size).toBe(0)
        expect(await store.tools.remove('mean')).toEqual({ removed: false, importers: [] })
      })

      test('what other tools import is removed by force only', async () => {
        await store.tools.saveVersion(sampleTool('sum'), indexText({}))
        await store.tools.saveVersion(sampleTool('mean', { pins: [{ name: 'sum', version: 1 }] }), indexText({}))
        const importers = [{ name: 'mean', version: 1 }]
        expect(await store.tools.remove('sum')).toEqual({ removed: false, importers })
        expect(await store.tools.findVersion('sum')).not.toBeNull()
        expect(await store.tools.remove('sum', { force: true })).toEqual({ removed: true, importers })
        expect((await store.tools.findVersion('mean'))?.pins).toEqual([{ name: 'sum', version: 1 }])
      })
    })

    describe('the index', () => {
      const save = async (name: string, text: Parameters<typeof indexText>[0]): Promise<void> => {
        await store.tools.saveVersion(sampleTool(name, { code: JSON.stringify(text) }), indexText(text))
      }

      test('any of the stems may match, and a hit carries its text', async () => {
        await save('mean', { name: 'mean', description: 'averag of number' })
        await save('weather', { name: 'weather', details: 'citi name' })
        const hits = await store.tools.searchIndex({
          stems: ['averag', 'rain'],
          weights: EVEN,
          limit: 5,
          states: ['verified'],
        })
        expect(hits).toEqual([
          { name: 'mean', version: 1, text: indexText({ name: 'mean', description: 'averag of number' }) },
        ])
      })

      test('weights say which field counts', async () => {
        await save('by_name', { name: 'volatil', description: 'someth else here' })
        await save('by_description', { name: 'other', description: 'volatil of price' })
        expect(await search(['volatil'], { weights: { ...EVEN, name: 10 } })).toEqual(['by_name', 'by_description'])
        expect(await search(['volatil'], { weights: { ...EVEN, description: 10 } })).toEqual([
          'by_description',
          'by_name',
        ])
      })

      test('only the states asked for are found, and the limit holds', async () => {
        for (const name of ['one', 'two', 'three']) await save(name, { name: 'same' })
        await setState(store, { name: 'two', version: 1, state: 'candidate' })
        expect((await search(['same'])).toSorted()).toEqual(['one', 'three'])
        expect(await search(['same'], { states: ['candidate'] })).toEqual(['two'])
        expect(await search(['same'], { states: [] })).toEqual([])
        expect(await search(['same'], { limit: 1 })).toHaveLength(1)
        expect(await search(['same'], { limit: 0 })).toEqual([])
      })

      test('a new version replaces the text of the old one', async () => {
        await save('mean', { name: 'old' })
        await save('mean', { name: 'new' })
        expect(await search(['old'])).toEqual([])
        expect(await search(['new'])).toEqual(['mean'])
      })

      test.each([
        'OR',
        'AND',
        'NOT',
        'NEAR',
        'foo-bar',
        '"',
        '"""',
        'name:',
        '*',
        'a*',
        '(',
        ')',
        '^',
        '{',
        "'; DROP TABLE tool; --",
        '\\',
        '%',
        '_',
        '',
        ' ',
        '\0',
      ])('the stem %j is text, never an operator', async (stem) => {
        await save('mean', { name: 'mean averag' })
        await expect(search([stem])).resolves.toEqual([])
        await expect(search([stem, 'averag'])).resolves.toEqual(['mean'])
        expect(await store.tools.count()).toBe(1)
      })

      test('stems of all scripts are found, with their marks', async () => {
        const words = ['平均', 'среднее', 'नमस्ते', 'สวัสดี', 'متوسط', 'ni', 'a1', '2024']
        for (const [index, word] of words.entries()) await save(`tool_${index}`, { description: `x ${word} y` })
        for (const [index, word] of words.entries()) expect(await search([word])).toEqual([`tool_${index}`])
      })

      test('statistics follow what is saved, replaced and removed', async () => {
        expect(await store.tools.indexStatistics(['mean'])).toMatchObject({ tools: 0, documents: new Map() })
        await save('one', { name: 'mean', description: 'mean of number | mean' })
        await save('two', { name: 'sum', description: 'sum of number' })
        let statistics = await store.tools.indexStatistics(['mean', 'number', 'absent', 'mean', '|'])
        expect(statistics.tools).toBe(2)
        expect(statistics.documents).toEqual(
          new Map([
            ['mean', 1],
            ['number', 2],
          ]),
        )
        expect(statistics.averageLengths).toMatchObject({ name: 1, description: 3.5, code: 0 })
        await save('one', { name: 'median valu' })
        statistics = await store.tools.indexStatistics(['mean', 'number', 'median'])
        expect(statistics.documents).toEqual(
          new Map([
            ['number', 1],
            ['median', 1],
          ]),
        )
        expect(statistics.averageLengths).toMatchObject({ name: 1.5, description: 3, code: 0 })
        await store.tools.remove('one')
        await store.tools.remove('two')
        statistics = await store.tools.indexStatistics(['number', 'median'])
        expect(statistics).toMatchObject({ tools: 0, documents: new Map() })
        expect(Object.values(statistics.averageLengths).every((length) => length === 0)).toBe(true)
      })

      test('stems are found by their beginning and length', async () => {
        await save('one', { name: 'weather weav we wea_x', description: 'zebra' })
        await save('two', { name: 'weather' })
        const like = await store.tools.stemsLike({ prefix: 'we', minLength: 3, maxLength: 7 })
        expect(like).toEqual(
          new Map([
            ['wea_x', 1],
            ['weather', 2],
            ['weav', 1],
          ]),
        )
      })
    })

    describe('the journal', () => {
      test('forgets a run with its events, and no other', async () => {
        for (const id of ['r1', 'r2']) {
          await store.journal.createRun(sampleRun(id))
          await store.journal.appendEvents(id, [sampleEvent(id, 1)])
        }
        expect(await store.journal.removeRun('r1')).toBe(true)
        expect(await store.journal.removeRun('r1')).toBe(false)
        expect(await store.journal.findRun('r1')).toBeNull()
        expect(await store.journal.events('r1')).toEqual([])
        expect(await store.journal.events('r2')).toHaveLength(1)
      })

      test('a run and its events come back as they were written', async () => {
        await store.journal.createRun(sampleRun('r1'))
        await store.journal.appendEvents('r1', [sampleEvent('r1', 1), sampleEvent('r1', 2, 'zero \0 and \ud83e')])
        await store.journal.appendEvents('r1', [])
        const again = await opened.openAgain()
        expect(await again.journal.findRun('r1')).toEqual(sampleRun('r1'))
        expect(await again.journal.events('r1')).toEqual([
          sampleEvent('r1', 1),
          sampleEvent('r1', 2, 'zero \0 and \ud83e'),
        ])
        expect(await again.journal.events('r1', 1)).toEqual([sampleEvent('r1', 2, 'zero \0 and \ud83e')])
        expect(await again.journal.events('r1', 2)).toEqual([])
        await again.close()
      })

      test('a finished run has its status, its result and the time', async () => {
        await store.journal.createRun(sampleRun('r1'))
        await store.journal.finishRun('r1', sampleResult('r1'))
        const run = await store.journal.findRun('r1')
        expect(run).toEqual({
          ...sampleRun('r1'),
          status: 'succeeded',
          finishedAt: run?.finishedAt,
          result: sampleResult('r1'),
        })
        expect(Date.now() - Date.parse(run?.finishedAt ?? '')).toBeLessThan(60_000)
      })

      test('runs are listed newest first, page by page', async () => {
        for (let index = 0; index < 5; index += 1) {
          // Two of them began in the same millisecond.
          const startedAt = `2026-03-01T00:00:0${Math.min(index, 3)}.000Z`
          await store.journal.createRun(sampleRun(`r${index}`, { startedAt }))
        }
        const ids: string[] = []
        for (let before: string | undefined; ids.length < 5; before = ids.at(-1)) {
          const page = await store.journal.listRuns({ limit: 2, ...(before === undefined ? {} : { before }) })
          expect(page.length).toBeGreaterThan(0)
          ids.push(...page.map(({ runId }) => runId))
        }
        expect(ids).toEqual(['r4', 'r3', 'r2', 'r1', 'r0'])
        expect(await store.journal.listRuns({ limit: 2, before: 'r0' })).toEqual([])
        expect(await store.journal.listRuns({ limit: 0 })).toEqual([])
      })

      test('events of a batch are written all or none', async () => {
        await store.journal.createRun(sampleRun('r1'))
        await store.journal.appendEvents('r1', [sampleEvent('r1', 1), sampleEvent('r1', 2)])
        const overlapping = [sampleEvent('r1', 3), sampleEvent('r1', 2, 'again')]
        await expect(store.journal.appendEvents('r1', overlapping)).rejects.toMatchObject({ code: 'internal' })
        expect(await store.journal.events('r1')).toEqual([sampleEvent('r1', 1), sampleEvent('r1', 2)])
        // And the store works on.
        await store.journal.appendEvents('r1', [sampleEvent('r1', 3)])
      })

      test('what belongs to no run is refused', async () => {
        await expect(store.journal.appendEvents('none', [sampleEvent('none', 1)])).rejects.toMatchObject({
          code: 'unknown_run',
        })
        await expect(store.journal.finishRun('none', sampleResult('none'))).rejects.toMatchObject({
          code: 'unknown_run',
        })
        await expect(store.journal.listRuns({ limit: 1, before: 'none' })).rejects.toMatchObject({
          code: 'unknown_run',
        })
        expect(await store.journal.findRun('none')).toBeNull()
        expect(await store.journal.events('none')).toEqual([])
      })

      test('a run is created once', async () => {
        await store.journal.createRun(sampleRun('r1'))
        await expect(store.journal.createRun(sampleRun('r1'))).rejects.toMatchObject({ code: 'internal' })
      })

      test('an event of several megabytes is kept', async () => {
        await store.journal.createRun(sampleRun('r1'))
        await store.journal.appendEvents('r1', [sampleEvent('r1', 1, 'x'.repeat(4_000_000))])
        expect((await store.journal.events('r1'))[0]).toMatchObject({ sequence: 1 })
      })
    })

    describe('solved programs', () => {
      test('come back as they were, the newest first', async () => {
        await store.scripts.save(sampleScript('a', { request: 'Größe in 日本 \u{1f600}' }), 'größe 日本')
        await store.scripts.save(sampleScript('b'), 'row price')
        const again = await opened.openAgain()
        expect(await again.scripts.listStems()).toEqual([
          { id: 'b', stems: 'row price' },
          { id: 'a', stems: 'größe 日本' },
        ])
        expect(await again.scripts.find('a')).toEqual({
          ...sampleScript('a', { request: 'Größe in 日本 \u{1f600}' }),
          madeInto: null,
        })
        expect(await again.scripts.find('c')).toBeNull()
        expect((await again.scripts.recent(1)).map(({ id }) => id)).toEqual(['b'])
        expect((await again.scripts.recent(9)).map(({ id }) => id)).toEqual(['b', 'a'])
        await again.close()
      })

      test('leave the list once a tool was made of them, and the same id again replaces nothing', async () => {
        await store.scripts.save(sampleScript('a'), 'row price')
        expect(await store.scripts.mark('a', 'count_rows')).toBe(true)
        expect(await store.scripts.mark('b', 'count_rows')).toBe(false)
        await store.scripts.save(sampleScript('a', { code: 'result(2)' }), 'other')
        expect(await store.scripts.listStems()).toEqual([])
        expect(await store.scripts.find('a')).toMatchObject({ code: 'result(1)', madeInto: 'count_rows' })
      })

      test('are bounded: the oldest go', async () => {
        for (let index = 0; index < KEPT_SCRIPTS + 3; index += 1) {
          await store.scripts.save(sampleScript(`s${index}`), 'row')
        }
        const kept = await store.scripts.listStems()
        expect(kept).toHaveLength(KEPT_SCRIPTS)
        expect(kept.at(0)?.id).toBe(`s${KEPT_SCRIPTS + 2}`)
        expect(kept.at(-1)?.id).toBe('s3')
      })
    })

    describe('life', () => {
      test('calls that overlap do not disturb each other', async () => {
        await store.journal.createRun(sampleRun('r1'))
        await Promise.all([
          ...Array.from({ length: 50 }, async (_, index) =>
            store.journal.appendEvents('r1', [sampleEvent('r1', index + 1)]),
          ),
          ...Array.from({ length: 50 }, async (_, index) =>
            store.tools.saveVersion(sampleTool('mean', { code: `version ${index}` }), indexText({ name: 'mean' })),
          ),
        ])
        expect(await store.journal.events('r1')).toHaveLength(50)
        const versions = (await store.tools.listVersions('mean')).map(({ version }) => version)
        expect(versions).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
      })

      test('a closed store refuses, and closing twice is no error', async () => {
        await store.close()
        await store.close()
        await expect(store.tools.count()).rejects.toMatchObject({ code: 'store_unavailable' })
      })
    })
  })
}
