import { mkdtemp, mkdir, readFile, readdir, rename, rm, writeFile, appendFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ModelDelta } from '../../src/contracts/models.ts'
import { manualGateway } from '../../src/models/manual-gateway.ts'
import { call } from './support/call.ts'
import { failureOf } from './support/failure.ts'
import { pause } from './support/provider-server.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-manual-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

interface Prompt {
  promptPath: string
  replyPath: string
}

function open(onPrompt: (files: Prompt) => void, at = folder, pollMs = 20) {
  return manualGateway({ folder: at, pollMs, onPrompt })
}

describe('a person who answers by files', () => {
  test('finds the whole prompt in one file and answers in another', async () => {
    const shown: string[] = []
    const answer = async ({ promptPath, replyPath }: Prompt): Promise<void> => {
      shown.push(await readFile(promptPath, 'utf8'))
      await writeFile(replyPath, 'Die Antwort: 42 👋\n')
    }
    const gateway = open((prompt) => void answer(prompt))
    const deltas: ModelDelta[] = []
    const messages = [
      { role: 'user' as const, content: 'A mean function' },
      { role: 'assistant' as const, content: 'Which mean?' },
      { role: 'user' as const, content: 'Der arithmetische' },
    ]
    const reply = await gateway.generate(call({ messages, onDelta: (delta) => deltas.push(delta) }))
    expect(reply).toMatchObject({
      text: 'Die Antwort: 42 👋\n',
      model: 'manual/person',
      costUsd: 0,
      finishReason: 'stop',
      tier: 'fast',
    })
    expect(reply.usage.reported).toBe(false)
    expect(shown[0]).toBe(
      '# Instructions\n\nWrite Python.\n\n# User\n\nA mean function\n\n# Assistant\n\nWhich mean?\n\n# User\n\nDer arithmetische\n',
    )
    expect(deltas.map(({ text }) => text).join('')).toBe(reply.text)
  })

  test('is told where: numbered files that say the role, also in a folder that was not there', async () => {
    const files: Prompt[] = []
    const inner = join(folder, 'a', 'b')
    const gateway = open((prompt) => {
      files.push(prompt)
      void writeFile(prompt.replyPath, 'ok')
    }, inner)
    await gateway.generate(call({ role: 'planner' }))
    await gateway.generate(call())
    expect(files).toEqual([
      { promptPath: join(inner, '001-planner.prompt.md'), replyPath: join(inner, '001-planner.reply.md') },
      { promptPath: join(inner, '002-coder.prompt.md'), replyPath: join(inner, '002-coder.reply.md') },
    ])
  })

  test('goes on with the next free number in a folder that was used before', async () => {
    await writeFile(join(folder, '017-planner.prompt.md'), 'old')
    await writeFile(join(folder, 'notes 999.md'), 'no prompt')
    const files: Prompt[] = []
    const gateway = open((prompt) => {
      files.push(prompt)
      void writeFile(prompt.replyPath, 'ok')
    })
    await gateway.generate(call())
    expect(files[0]?.promptPath).toBe(join(folder, '018-coder.prompt.md'))
  })

  test('may be asked several things at once and answer them in any order', async () => {
    const files: Prompt[] = []
    const gateway = open((prompt) => files.push(prompt))
    const replies = Promise.all(
      [1, 2, 3].map((at) => gateway.generate(call({ messages: [{ role: 'user', content: `Question ${at}` }] }))),
    )
    await expect.poll(() => files.length).toBe(3)
    expect(new Set(files.map(({ replyPath }) => replyPath)).size).toBe(3)
    for (const { promptPath, replyPath } of files.toReversed()) {
      await writeFile(replyPath, (await readFile(promptPath, 'utf8')).replace(/[^]*Question/, 'Answer'))
    }
    expect((await replies).map(({ text }) => text.trim())).toEqual(['Answer 1', 'Answer 2', 'Answer 3'])
  })

  test('may move a finished file into place', async () => {
    const gateway = open(({ replyPath }) => {
      void writeFile(join(folder, 'draft'), 'moved').then(() => rename(join(folder, 'draft'), replyPath))
    })
    expect((await gateway.generate(call())).text).toBe('moved')
  })

  test('may write slowly: nothing is taken while the file is empty or still grows', async () => {
    // A busy machine may well let 20 ms go by between two lines.
    const gateway = open(answerSlowly, folder, 1_000)
    expect((await gateway.generate(call())).text.split('\n')).toHaveLength(41)

    function answerSlowly({ replyPath }: Prompt) {
      void (async () => {
        await writeFile(replyPath, '')
        await pause(80)
        for (let line = 0; line < 40; line++) {
          await appendFile(replyPath, `line ${line}\n`)
          await pause(4)
        }
      })()
    }
  })

  test('may use an editor that writes a byte order mark, and a folder by that name is no reply', async () => {
    const gateway = open(({ replyPath }) => {
      void (async () => {
        await mkdir(replyPath)
        await pause(60)
        await rm(replyPath, { recursive: true })
        await writeFile(replyPath, '\uFEFFyes')
      })()
    })
    expect((await gateway.generate(call())).text).toBe('yes')
  })

  test('is waited for until the call is cancelled', async () => {
    const abort = new AbortController()
    const gateway = open(() => setTimeout(() => abort.abort(), 60))
    const startedAt = Date.now()
    expect((await failureOf(gateway.generate(call({ signal: abort.signal })))).code).toBe('cancelled')
    expect(Date.now() - startedAt).toBeLessThan(3_000)
  })

  test.each([
    ['the deadline', () => ({ deadlineAt: Date.now() + 100 })],
    ['the time limit of the call', () => ({ timeoutMs: 100 })],
  ])('is waited for no longer than %s allows', async (_what, bound) => {
    const startedAt = Date.now()
    const error = await failureOf(open(() => undefined).generate(call(bound())))
    expect(error.code).toBe('model_timeout')
    expect(error.hint).toContain('001-coder.reply.md')
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(95)
    expect(Date.now() - startedAt).toBeLessThan(3_000)
  })

  test('gets a clear error for a folder that cannot be used', async () => {
    await writeFile(join(folder, 'file'), '')
    const error = await failureOf(open(() => undefined, join(folder, 'file', 'inner')).generate(call()))
    expect(error.code).toBe('invalid_configuration')
    expect(error.message).toContain(folder)
  })

  test('leaves nothing else in the folder', async () => {
    const gateway = open(({ replyPath }) => void writeFile(replyPath, 'ok'))
    await gateway.generate(call())
    expect((await readdir(folder)).toSorted()).toEqual(['001-coder.prompt.md', '001-coder.reply.md'])
  })
})

describe('a person who answers by word of mouth', () => {
  test('is read the prompt and gives the reply', async () => {
    const gateway = manualGateway({ ask: async (prompt) => `Heard ${prompt.length} characters` })
    expect((await gateway.generate(call())).text).toMatch(/^Heard \d+ characters$/)
  })

  test('is cancelled, where the question can be', async () => {
    const abort = new AbortController()
    const gateway = manualGateway({
      ask: (_prompt, { signal }) =>
        new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(new Error('closed')), { once: true }),
        ),
    })
    const failed = failureOf(gateway.generate(call({ signal: abort.signal })))
    abort.abort()
    expect((await failed).code).toBe('cancelled')
  })

  test('passes on what is wrong with the terminal', async () => {
    const broken = new Error('no terminal')
    await expect(manualGateway({ ask: () => Promise.reject(broken) }).generate(call())).rejects.toBe(broken)
  })
})
