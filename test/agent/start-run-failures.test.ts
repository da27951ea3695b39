import { existsSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { HandaxeError } from '../../src/contracts/errors.ts'
import type { JournalStore } from '../../src/contracts/store.ts'
import { eventsOf, openTestAgent } from './open-test-agent.ts'
import { block, scriptPlan } from './scripted-replies.ts'
import { useTestAgent } from './use-test-agent.ts'

const setup = useTestAgent()

const one = (): string => scriptPlan({ code: 'result(1)' })

describe('the events of a run', () => {
  test('are on disk before they are shown, and a finished call before the next act', async () => {
    const { agent } = setup.subject.withScript([
      { reply: scriptPlan({ code: 'raise ValueError("x")' }) },
      {
        reply: async () => {
          const stored = await setup.subject.store.journal.events(run.runId)
          expect(stored.map((event) => event.type)).toContain('model-called')
          expect(stored.at(-1)?.type).toBe('execution-finished')
          return block('result(3)', 'python')
        },
      },
    ])
    const run = agent.run('x')
    for await (const event of run) {
      const stored = await setup.subject.store.journal.events(run.runId, event.sequence - 1)
      expect(stored[0]).toEqual(JSON.parse(JSON.stringify(event)))
    }
    expect(await run.result).toMatchObject({ status: 'succeeded', answer: 'It is 3.' })
  })

  test('can be read by several readers at once, and once more when all is over', async () => {
    const { agent } = setup.subject.withScript([{ reply: one() }])
    const run = agent.run('x')
    const read = async (): Promise<number[]> => {
      const sequences: number[] = []
      for await (const event of run) sequences.push(event.sequence)
      return sequences
    }
    const [first, second] = await Promise.all([read(), read()])
    expect(second).toEqual(first)
    expect(await read()).toEqual(first)
    expect(first).toEqual(first.map((_, index) => index + 1))
  })

  test('hold the whole output of a chatty program in the folder of the run, and the model sees little of it', async () => {
    const { result, events, runId } = await setup.subject.play(
      [
        {
          reply: scriptPlan({
            code: 'for i in range(200000): print("line", i)\nresult(list(range(5000)))',
            answer: null,
          }),
        },
        { role: 'answerer', match: (prompt) => prompt.length < 12_000, reply: 'Many.' },
      ],
      'Print',
    )
    expect(result.status).toBe('succeeded')
    const folder = `${setup.subject.folder}/runs/${runId}/s1`
    expect(existsSync(`${folder}/stdout.txt`)).toBe(true)
    const { readFileSync } = await import('node:fs')
    expect(readFileSync(`${folder}/stdout.txt`, 'utf8').trimEnd().endsWith('line 199999')).toBe(true)
    expect(JSON.parse(readFileSync(`${folder}/value.json`, 'utf8'))).toHaveLength(5000)
    const shown = eventsOf(events, 'output')
      .map((event) => event.text)
      .join('')
    expect(shown.length).toBeLessThan(300_000)
  })
})

describe('a run whose parts fail', () => {
  test('ends as failed where the model cannot be reached or its key is missing', async () => {
    for (const code of ['model_unavailable', 'missing_key', 'authentication_failed'] as const) {
      const { agent } = setup.subject.withScript([{ error: new HandaxeError(code, 'no', { hint: 'set it' }) }])
      expect(await agent.run('x').result).toMatchObject({
        status: 'failed',
        error: { code, message: 'no', hint: 'set it' },
      })
    }
  })

  test('ends as failed where the sandbox does not start, and the next run tries again', async () => {
    let tries = 0
    const failing = await openTestAgent(async () => {
      tries += 1
      if (tries === 1)
        throw new HandaxeError('sandbox_unavailable', 'bubblewrap is not installed', { hint: 'apt install bubblewrap' })
      return setup.sandbox
    })
    const { agent } = failing.withScript([{ reply: one() }, { reply: one() }])
    expect(await agent.run('x').result).toMatchObject({
      status: 'failed',
      error: { code: 'sandbox_unavailable', hint: 'apt install bubblewrap' },
      usage: { executions: 0 },
    })
    expect(await agent.run('x').result).toMatchObject({ status: 'succeeded' })
    await failing.close()
    expect(tries).toBe(2)
  })

  test('asks the model while the sandbox is still starting', async () => {
    const started = Promise.withResolvers<void>()
    const late = await openTestAgent(async () => {
      await started.promise
      return setup.sandbox
    })
    const { agent } = late.withScript([
      {
        reply: () => {
          started.resolve()
          return one()
        },
      },
    ])
    expect(await agent.run('x').result).toMatchObject({ status: 'succeeded', answer: 'It is 1.' })
    await late.close()
  })

  test('rejects where the journal breaks, and its readers are told', async () => {
    let writes = 0
    const broken = new HandaxeError('disk_full', 'no space left')
    const { journal } = setup.subject.store
    const failing: JournalStore = {
      createRun: (run) => journal.createRun(run),
      finishRun: (runId, result) => journal.finishRun(runId, result),
      removeRun: (runId) => journal.removeRun(runId),
      findRun: (runId) => journal.findRun(runId),
      listRuns: (options) => journal.listRuns(options),
      events: (runId, after) => journal.events(runId, after),
      appendEvents: async (runId, events) => {
        writes += 1
        if (writes > 1) throw broken
        await journal.appendEvents(runId, events)
      },
    }
    const over = await openTestAgent(setup.sandbox, { journal: failing })
    const { agent } = over.withScript([{ reply: one(), delayMs: 50 }])
    const run = agent.run('x')
    const reading = (async () => {
      for await (const event of run) expect(event.sequence).toBeGreaterThan(0)
    })()
    await expect(reading).rejects.toBe(broken)
    await expect(run.result).rejects.toBe(broken)
    await over.close()
  })

  test('rejects for a bug, which the journal records', async () => {
    const bug = new TypeError('x is not a function')
    const { agent } = setup.subject.withScript([{ error: bug }])
    const run = agent.run('x')
    await expect(run.result).rejects.toBe(bug)
    expect(await setup.subject.store.journal.findRun(run.runId)).toMatchObject({
      status: 'failed',
      result: { error: { code: 'internal', message: 'TypeError: x is not a function' } },
    })
  })

  test('nobody has to look at disturbs nobody', async () => {
    const { agent } = setup.subject.withScript([{ error: new TypeError('unseen') }])
    agent.run('x')
    await delay(200)
    expect(setup.rejections).toEqual([])
  })
})
