import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Execution } from '../../src/contracts/sandbox.ts'
import { openTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'
import { sampleOf } from '../support/sizes.ts'

interface Task {
  task_id: string
  prompt: string
  canonical_solution: string
  test: string
  entry_point?: string
}

/** Enough to keep two processors busy while other sandboxes get warm. */
const AT_A_TIME = 6
/** Programs with faults of their own, see the README beside the fixtures. */
const FAULTY_JAVASCRIPT = new Set(['JavaScript/112', 'JavaScript/155', 'JavaScript/162'])

/** Each start of Node costs a tenth of a second of a processor. */
const SAMPLE = { python: 82, javascript: 20 }

const PYTHON = readTasks('python')
const JAVASCRIPT = readTasks('javascript').filter((task) => !FAULTY_JAVASCRIPT.has(task.task_id))

let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox({ idlePython: 4, idleJavascript: 4, maxConcurrent: AT_A_TIME })
})
afterAll(() => opened.close())

function readTasks(language: 'python' | 'javascript'): Task[] {
  const file = new URL(`../fixtures/programs/humaneval-${language}.jsonl`, import.meta.url)
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Task)
}

function pythonProgram({ prompt, test, entry_point: name }: Task, solution: string): Execution {
  return { language: 'python', code: `${prompt}${solution}\n${test}\ncheck(${name})\nresult(True)\n` }
}

/** The tests use `console.assert`, which only prints: here it throws. */
const STRICT_ASSERT = "console.assert = (holds) => { if (!holds) throw new Error('assertion failed') }\n"

function javascriptProgram({ prompt, test }: Task, solution: string): Execution {
  return { language: 'javascript', code: `${STRICT_ASSERT}${prompt}${solution}\n${test}\nresult(true)\n` }
}

async function runAll(executions: Map<string, Execution>): Promise<Map<string, string>> {
  const outcomes = new Map<string, string>()
  const waiting = [...executions]
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [id, execution] = next
      const { status, value, error } = await opened.sandbox.execute(execution)
      outcomes.set(id, status === 'ok' ? `ok ${JSON.stringify(value)}` : `${status} ${error?.type}: ${error?.message}`)
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work))
  return outcomes
}

function others(outcomes: Map<string, string>, expected: string): string[] {
  return [...outcomes].filter(([, outcome]) => outcome !== expected).map(([id, outcome]) => `${id}: ${outcome}`)
}

describe.each([
  ['Python', PYTHON, 164, SAMPLE.python, pythonProgram, '    raise RuntimeError("not solved")\n', 'RuntimeError'],
  [
    'JavaScript',
    JAVASCRIPT,
    161,
    SAMPLE.javascript,
    javascriptProgram,
    "  throw new EvalError('not solved')\n}\n",
    'EvalError',
  ],
] as const)('HumanEval in %s', (_, all, count, sample, toProgram, failure, errorType) => {
  const tasks = sampleOf(all, sample)

  test(`${tasks.length} of ${count} solutions pass`, { timeout: 120_000 }, async () => {
    expect(all).toHaveLength(count)
    const programs = new Map(tasks.map((task) => [task.task_id, toProgram(task, task.canonical_solution)]))
    expect(others(await runAll(programs), 'ok true')).toEqual([])
  })

  test(`each of them is an error where its body only throws`, { timeout: 120_000 }, async () => {
    const programs = new Map(tasks.map((task) => [task.task_id, toProgram(task, failure)]))
    expect(others(await runAll(programs), `error ${errorType}: not solved`)).toEqual([])
  })
})
