import { chmod, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HandaxeError } from '../../src/contracts/errors.ts'
import type { Request } from '../../src/contracts/run.ts'
import { noSandbox, openTestAgent, type TestAgent } from './open-test-agent.ts'
import { json } from './scripted-replies.ts'

let subject: TestAgent
beforeAll(async () => {
  subject = await openTestAgent(noSandbox())
})
afterAll(() => subject.close())

function refusal(request: string | Request, options = {}): HandaxeError {
  try {
    subject.agent.run(request, options)
  } catch (error) {
    if (HandaxeError.isInstance(error)) return error
    throw error
  }
  throw new Error('It was not refused')
}

describe('a bad request is refused at once, with what to change', () => {
  test.each(['', ' \n\t '])('nothing is asked: %j', (text) => {
    expect(refusal(text)).toMatchObject({ code: 'invalid_request', message: 'The request is empty' })
  })

  test('a request that is data', () => {
    expect(refusal('x'.repeat(100_001))).toMatchObject({
      code: 'invalid_request',
      hint: expect.stringContaining('file'),
    })
  })

  test('files that are not there, cannot be read, or are none', async () => {
    const { folder } = subject
    await mkdir(join(folder, 'sub'))
    await symlink(join(folder, 'gone'), join(folder, 'dangling'))
    const bad = (path: string): HandaxeError => refusal({ text: 'x', files: [{ name: 'a.csv', path }] })
    expect(bad(join(folder, 'missing.csv'))).toMatchObject({
      code: 'invalid_input_file',
      message: expect.stringMatching(/does not exist/),
    })
    expect(bad(join(folder, 'dangling')).message).toMatch(/does not exist/)
    expect(bad(join(folder, 'sub')).message).toMatch(/not a regular file/)
    expect(bad('/dev/null').message).toMatch(/not a regular file/)
  })

  test.skipIf(process.getuid?.() === 0)(
    'files without the right to read them (needs a user other than root)',
    async () => {
      const { path } = await subject.file('secret.csv', 'x')
      await chmod(path, 0)
      expect(refusal({ text: 'x', files: [{ name: 'a.csv', path }] }).message).toMatch(/cannot be read/)
    },
  )

  test.each(['', '.', '..', 'a/b.csv', 'a\\b', 'a\0b', '-f', 'x'.repeat(300)])(
    'files with the name %j',
    async (name) => {
      const { path } = await subject.file('a.csv', 'x')
      expect(refusal({ text: 'x', files: [{ name, path }] })).toMatchObject({ code: 'invalid_input_file' })
    },
  )

  test('two files of one name', async () => {
    const file = await subject.file('a.csv', 'x')
    expect(refusal({ text: 'x', files: [file, file] }).message).toMatch(/Two files/)
  })

  test.each([Number.NaN, -1, 'many'])('a budget of %s', (costUsd) => {
    expect(refusal('x', { budget: { costUsd } })).toMatchObject({
      code: 'invalid_request',
      hint: expect.stringContaining('5'),
    })
  })
})

describe('an agent', () => {
  const hello = json({ understanding: 'u', difficulty: 'easy', steps: [], answer: 'Hello' })

  test('does several runs at once, each with its own events', async () => {
    const { agent } = subject.withScript(Array.from({ length: 5 }, () => ({ reply: hello, delayMs: 20 })))
    const runs = Array.from({ length: 5 }, () => agent.run('Hello'))
    expect(new Set(runs.map((run) => run.runId)).size).toBe(5)
    for (const run of runs) {
      for await (const event of run) expect(event.runId).toBe(run.runId)
      expect(await run.result).toMatchObject({ status: 'succeeded', answer: 'Hello' })
    }
  })

  test('that is closed has cancelled its runs and takes no more', async () => {
    const { agent } = subject.withScript([{ reply: hello, delayMs: 30_000 }])
    const run = agent.run('Hello')
    const startedAt = performance.now()
    await agent.close()
    expect(performance.now() - startedAt).toBeLessThan(5000)
    expect(await run.result).toMatchObject({ status: 'cancelled' })
    expect(() => agent.run('Hello')).toThrow(/closed/)
    await agent.close()
  })
})
