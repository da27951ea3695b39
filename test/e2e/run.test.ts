import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  CODE,
  jsonReply,
  MAKE_PLAN,
  NO_CODE,
  pythonReply,
  REUSE_PLAN,
  SALES,
  scriptReplies,
  TESTS,
  workOf,
  WRONG_CODE,
} from '../support/model-replies.ts'
import { createHome, runCli, type CliOptions, type CliOutcome } from '../support/run-cli.ts'
import {
  startScriptedServer,
  type ChatRequest,
  type ScriptedReply,
  type ScriptedServer,
} from '../support/scripted-server.ts'

let home: string
let server: ScriptedServer | null = null

beforeEach(() => {
  home = createHome()
  writeFileSync(join(home, 'sales.csv'), SALES)
})

afterEach(async () => {
  await server?.close()
  server = null
})

/** `handaxe run` as a process, against a model behind the provider's protocol. */
async function run(
  answer: (request: ChatRequest, call: number) => ScriptedReply,
  args: string[] = [],
  options: CliOptions = {},
): Promise<CliOutcome> {
  await server?.close()
  server = await startScriptedServer(answer)
  return runCli(
    home,
    ['run', 'What is the mean price, weighted by quantity?', '-f', 'sales.csv', '-m', 'openai/scripted', ...args],
    {
      ...options,
      environment: { OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: server.baseUrl, ...options.environment },
    },
  )
}

function report(outcome: CliOutcome): Record<string, unknown> {
  expect(outcome.stdout, outcome.stderr).not.toBe('')
  return JSON.parse(outcome.stdout) as Record<string, unknown>
}

const made = scriptReplies({ plan: [MAKE_PLAN], tests: [TESTS], code: [CODE] })

describe('handaxe run, as a process', () => {
  test('makes a tool, keeps it, and reuses it for the next request with one model call and no code', async () => {
    const first = await run(scriptReplies({ plan: [MAKE_PLAN], tests: [TESTS], code: [CODE] }), ['--json'])
    expect(first.exitCode, first.stderr).toBe(0)
    expect(report(first)).toMatchObject({
      status: 'succeeded',
      answer: 'The weighted mean price is 17.50.',
      made: [{ name: 'weighted_mean', version: 1, saved: true }],
      reused: [],
      calls: 4,
    })
    for (const name of ['tokens', 'costUsd', 'wallMs']) expect(report(first)[name]).toBeTypeOf('number')

    const second = await run(scriptReplies({ plan: [REUSE_PLAN] }), ['--json'])
    expect(second.exitCode, second.stderr).toBe(0)
    expect(report(second)).toMatchObject({
      answer: 'The weighted mean price is 17.50.',
      made: [],
      reused: [{ name: 'weighted_mean', version: 1 }],
      calls: 1,
    })
    expect(server?.requests[0]?.messages.at(-1)?.content).toContain('weighted_mean')

    const listed = await runCli(home, ['tools', 'list', '--json'])
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { name: 'weighted_mean', version: 1, state: 'verified', ledger: { uses: 2, successes: 2 } },
    ])
  })

  test('the answer goes to stdout and the progress to stderr, with tests before code', async () => {
    const outcome = await run(made)
    expect(outcome.stdout).toBe('The weighted mean price is 17.50.\n')
    expect(outcome.stderr).not.toContain('\u001b')
    const order = [
      'sales.csv: table',
      'plan (easy)',
      'tests for weighted_mean',
      'code (python)',
      '✓ weighs the items',
      'weighted_mean checked',
      'executed: ok',
      'kept in the library',
      '  cost  ',
    ]
    // The files are looked at and the library is searched at the same time.
    expect(outcome.stderr).toContain('library: empty')
    const places = order.map((text) => outcome.stderr.indexOf(text))
    expect(places, outcome.stderr).not.toContain(-1)
    expect(places).toEqual([...places].sort((left, right) => left - right))
  })

  test('--events prints the whole stream as lines of JSON, numbered without gaps', async () => {
    const outcome = await run(scriptReplies({ plan: [MAKE_PLAN], tests: [TESTS], code: [CODE] }), ['--events'])
    const events = outcome.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; sequence: number; runId: string })
    expect(events.map((event) => event.sequence)).toEqual(events.map((_, index) => index + 1))
    expect(events[0]?.type).toBe('run-started')
    expect(events.at(-1)?.type).toBe('run-finished')
    const shown = await runCli(home, ['runs', 'show', events[0]?.runId ?? '', '--json'])
    expect((JSON.parse(shown.stdout) as { events: unknown[] }).events).toEqual(events)
  })

  test('a first version that fails its tests is repaired by a second call that is told what failed', async () => {
    const outcome = await run(scriptReplies({ plan: [MAKE_PLAN], tests: [TESTS], code: [WRONG_CODE, CODE] }), [
      '--json',
    ])
    expect(report(outcome)).toMatchObject({
      status: 'succeeded',
      answer: 'The weighted mean price is 17.50.',
      calls: 5,
    })
    const repair = server?.requests.filter((request) => workOf(request) === 'code')[1]
    expect(repair?.messages.at(-1)?.content).toContain('weighs the items')
  })

  test('a wrong plan is replanned with what was observed', async () => {
    const wrong = REUSE_PLAN.replaceAll('weighted_mean', 'weighted_mean').replaceAll('"price"', '"prize"')
    await run(scriptReplies({ plan: [MAKE_PLAN], tests: [TESTS], code: [CODE] }))
    const outcome = await run(
      scriptReplies({ plan: [wrong, REUSE_PLAN.replaceAll('"s1"', '"s2"').replaceAll('{{s1', '{{s2')] }),
      ['--json'],
    )
    expect(report(outcome)).toMatchObject({
      status: 'succeeded',
      answer: 'The weighted mean price is 17.50.',
      calls: 2,
    })
    expect(server?.requests[1]?.messages.at(-1)?.content).toContain('prize')
  })

  test('a model that never sends code ends the run with an error that shows the reply, within bounds', async () => {
    const outcome = await run(scriptReplies({ plan: [MAKE_PLAN], tests: [TESTS], code: [NO_CODE] }), ['--json'])
    expect(outcome.exitCode).toBe(1)
    const result = report(outcome) as { status: string; error: { code: string; message: string }; calls: number }
    expect(result.status).toBe('failed')
    expect(result.error.code).toBe('model_reply_invalid')
    expect(result.error.message).toContain('talk about the weather')
    expect(result.calls).toBeLessThanOrEqual(12)
  })

  test('a question that needs no code is answered by one call and no sandbox', async () => {
    const plan = jsonReply({ understanding: 'A greeting.', difficulty: 'easy', steps: [], answer: 'Good day!' })
    const outcome = await run(() => plan, ['--json'])
    expect(report(outcome)).toMatchObject({ status: 'succeeded', answer: 'Good day!', calls: 1, steps: [] })
  })

  test('an easy script costs one call, and its plot is delivered', async () => {
    const plan =
      jsonReply({
        understanding: 'Plot the prices.',
        difficulty: 'easy',
        steps: [{ id: 's1', decision: 'script', goal: 'Plot', needs: [], language: 'python', uses: [] }],
        answer: 'There are {{s1.rows}} rows.',
      }) +
      pythonReply(
        [
          'import matplotlib.pyplot as plt',
          'import pandas as pd',
          'data = pd.read_csv("/box/input/sales.csv")',
          'plt.plot(data["price"])',
          'plt.savefig("/box/output/prices.png")',
          'result({"rows": len(data)})',
        ].join('\n'),
        's1',
      )
    const outcome = await run(() => plan, ['--json', '--artifacts', 'out'])
    expect(report(outcome)).toMatchObject({
      answer: 'There are 2 rows.',
      calls: 1,
      made: [],
      artifacts: [{ name: 'prices.png', mediaType: 'image/png' }],
    })
    expect(
      readFileSync(join(home, 'out', 'prices.png'))
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
  })

  test('a budget that runs out ends the run with its own code and what there is so far', async () => {
    const outcome = await run(scriptReplies({ plan: [MAKE_PLAN], tests: [TESTS], code: [CODE] }), [
      '--json',
      '--max-calls',
      '2',
    ])
    expect(outcome.exitCode).toBe(5)
    expect(report(outcome)).toMatchObject({ status: 'budget-exceeded', error: { code: 'budget_calls' }, calls: 2 })
  })

  test('--timeout-ms ends a run whose model does not answer, on time', async () => {
    const outcome = await run(() => ({ hang: true }), ['--json', '--timeout-ms', '1500'])
    expect(outcome.exitCode).toBe(6)
    expect(report(outcome)).toMatchObject({ error: { code: 'budget_time' } })
    expect(outcome.wallMs).toBeLessThan(20_000)
  })

  test('--no-keep-requests leaves data and words of the request out of the tool', async () => {
    const outcome = await run(scriptReplies({ plan: [MAKE_PLAN], tests: [TESTS], code: [CODE] }), [
      '--no-keep-requests',
    ])
    expect(outcome.exitCode, outcome.stderr).toBe(0)
    const { stdout } = await runCli(home, ['tools', 'show', 'weighted_mean', '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ version: 1, provenance: { request: null } })
    expect(stdout).not.toContain('fromRequest')
    expect(stdout).not.toContain('What is the mean price')
  })

  test('--no-save leaves the library as it was', async () => {
    const outcome = await run(scriptReplies({ plan: [MAKE_PLAN], tests: [TESTS], code: [CODE] }), [
      '--json',
      '--no-save',
    ])
    expect(report(outcome)).toMatchObject({ status: 'succeeded', made: [{ name: 'weighted_mean', saved: false }] })
    const listed = await runCli(home, ['tools', 'list', '--json'])
    expect(JSON.parse(listed.stdout)).toEqual([])
  })
})

describe('Ctrl-C', () => {
  test('while a model is thinking: ends within a second, exit code 130, journal consistent', async () => {
    let interruptedAt = 0
    const outcome = await run(() => ({ hang: true }), ['--json'], {
      onStart: (child) => {
        const interrupt = async (): Promise<void> => {
          await server?.calls(1)
          interruptedAt = performance.now()
          child.kill('SIGINT')
        }
        void interrupt()
      },
    })
    expect(performance.now() - interruptedAt).toBeLessThan(6000)
    expect(outcome.exitCode).toBe(130)
    expect(report(outcome)).toMatchObject({ status: 'cancelled', error: { code: 'cancelled' } })
    const runs = JSON.parse((await runCli(home, ['runs', 'list', '--json'])).stdout) as {
      status: string
      finishedAt: string | null
    }[]
    expect(runs).toMatchObject([{ status: 'cancelled' }])
    expect(runs[0]?.finishedAt).not.toBeNull()
  })

  test('while code runs in the sandbox: the sandbox and its processes are gone', async () => {
    const plan =
      jsonReply({
        understanding: 'Wait.',
        difficulty: 'easy',
        steps: [{ id: 's1', decision: 'script', goal: 'Wait', needs: [], language: 'python', uses: [] }],
        answer: 'Done.',
      }) + pythonReply('import time\nprint("marker-started", flush=True)\ntime.sleep(25)\nresult(1)', 's1')
    let interruptedAt = 0
    let pid = 0
    const outcome = await run(() => plan, ['--events'], {
      onStart: (child) => {
        pid = child.pid ?? 0
        child.stdout?.on('data', (data: Buffer) => {
          if (interruptedAt !== 0 || !data.toString().includes('marker-started')) return
          interruptedAt = performance.now()
          child.kill('SIGINT')
        })
      },
    })
    expect(interruptedAt, outcome.stderr + outcome.stdout).toBeGreaterThan(0)
    expect(performance.now() - interruptedAt).toBeLessThan(6000)
    expect(outcome.exitCode).toBe(130)
    expect(descendantsOf(pid)).toEqual([])
  })
})

/** Processes that still name `pid` as their parent, or run a zygote of it. */
function descendantsOf(pid: number): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/stat`))
    .filter((name) => {
      try {
        const fields = readFileSync(`/proc/${name}/stat`, 'utf8')
          .replace(/^.*\) /s, '')
          .split(' ')
        return Number(fields[1]) === pid
      } catch {
        return false
      }
    })
}
