import { appendFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ModelDelta } from '../../src/contracts/models.ts'
import { HandaxeError } from '../../src/contracts/errors.ts'
import { recordingGateway, replayGateway } from '../../src/models/cassette.ts'
import { scriptedGateway } from '../../src/models/scripted-model.ts'
import type { ScriptedStep } from '../../src/models/scripted-model.ts'
import { call } from './support/call.ts'
import { failureOf } from './support/failure.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'handaxe-cassette-'))
  path = join(folder, 'deep', 'run.jsonl')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const ask = (content: string) => call({ messages: [{ role: 'user', content }] })

async function record(steps: ScriptedStep[], questions: string[]): Promise<void> {
  const gateway = await recordingGateway(scriptedGateway(steps), path)
  for (const question of questions) await gateway.generate(ask(question))
  await gateway.close()
}

const lines = async (): Promise<string[]> => (await readFile(path, 'utf8')).split('\n')

describe('recording', () => {
  test('writes a header and one line for each exchange, with everything a replay needs', async () => {
    const inner = scriptedGateway([{ reply: 'Grüße 👋\n', reasoning: 'Hm.', costUsd: 0.25, usage: { inputTokens: 9 } }])
    const gateway = await recordingGateway(inner, path, { recordedBy: 'manual', note: 'played by hand' })
    const reply = await gateway.generate(ask('Hello'))
    await gateway.close()
    const [header = '', exchange = '', end, ...more] = await lines()
    expect(JSON.parse(header)).toMatchObject({
      format: 'handaxe-cassette',
      version: 1,
      recordedBy: 'manual',
      note: 'played by hand',
    })
    expect(JSON.parse(exchange)).toEqual({
      role: 'coder',
      instructions: 'Write Python.',
      messages: [{ role: 'user', content: 'Hello' }],
      tier: 'fast',
      model: 'scripted/model',
      text: 'Grüße 👋\n',
      reasoning: 'Hm.',
      finishReason: 'stop',
      usage: reply.usage,
      costUsd: 0.25,
      attempts: 1,
      wallMs: reply.wallMs,
    })
    expect([end, more]).toEqual(['', []])
  })

  test('passes deltas and failures through, and does not record a failure', async () => {
    const inner = scriptedGateway([{ error: new HandaxeError('model_unavailable', 'down') }, { reply: 'up' }])
    const gateway = await recordingGateway(inner, path)
    expect((await failureOf(gateway.generate(ask('1')))).code).toBe('model_unavailable')
    const deltas: ModelDelta[] = []
    await gateway.generate({ ...ask('2'), onDelta: (delta) => deltas.push(delta) })
    expect(deltas).toEqual([{ kind: 'text', text: 'up' }])
    await gateway.close()
    expect(await lines()).toHaveLength(3)
  })

  test('goes on in a cassette that is there', async () => {
    await record([{ reply: 'one' }], ['1'])
    await record([{ reply: 'two' }], ['2'])
    expect(await lines()).toHaveLength(4)
    const replay = await replayGateway(path)
    expect((await replay.generate(ask('1'))).text).toBe('one')
    expect((await replay.generate(ask('2'))).text).toBe('two')
  })

  test('keeps lines whole when many calls end at the same time', async () => {
    const long = 'x'.repeat(200_000)
    const gateway = await recordingGateway(scriptedGateway(Array.from({ length: 30 }, () => ({ reply: long }))), path)
    await Promise.all(Array.from({ length: 30 }, (_none, at) => gateway.generate(ask(String(at)))))
    await gateway.close()
    const replay = await replayGateway(path)
    expect(replay.describe()).toMatchObject([{ tier: 'fast', model: 'scripted/model', calls: 30 }])
  })

  test('keeps given secrets out of the file, and a replay that knows them finds the request', async () => {
    const secrets = ['sk-live-1234567890']
    const gateway = await recordingGateway(scriptedGateway([{ reply: 'The key is sk-live-1234567890.' }]), path, {
      secrets,
    })
    await gateway.generate(ask('My key "sk-live-1234567890" leaks'))
    await gateway.close()
    expect(await readFile(path, 'utf8')).not.toContain('1234567890')
    const replay = await replayGateway(path, { secrets })
    expect((await replay.generate(ask('My key "sk-live-1234567890" leaks'))).text).toBe('The key is [secret].')
  })

  test('does not write into a file that is something else', async () => {
    await record([], [])
    await writeFile(path, 'date,close\n2026-01-02,1\n')
    const error = await failureOf(recordingGateway(scriptedGateway([]), path))
    expect(error.code).toBe('invalid_input_file')
    expect(await readFile(path, 'utf8')).toBe('date,close\n2026-01-02,1\n')
  })

  test('says where it cannot write', async () => {
    await writeFile(join(folder, 'deep'), 'a file')
    const error = await failureOf(recordingGateway(scriptedGateway([]), path))
    expect(error.code).toBe('invalid_configuration')
    expect(error.message).toContain(path)
  })

  test.skipIf(process.platform !== 'linux')(
    'a full disk fails the call (its stand-in, /dev/full, is Linux only)',
    async () => {
      const gateway = await recordingGateway(scriptedGateway([{ reply: 'x' }]), path)
      await rm(path)
      await symlink('/dev/full', path)
      expect((await failureOf(gateway.generate(ask('1')))).code).toBe('disk_full')
    },
  )

  test('a file that can no longer be written fails the call, and the next call too', async () => {
    const gateway = await recordingGateway(scriptedGateway([{ reply: 'x' }, { reply: 'y' }]), path)
    await rm(path)
    await mkdir(path)
    for (const question of ['1', '2']) {
      expect((await failureOf(gateway.generate(ask(question)))).code).toBe('invalid_configuration')
    }
    await gateway.close()
  })
})

describe('replaying', () => {
  test('gives the recorded reply, streamed in small pieces, with its usage, cost and time', async () => {
    const text = 'def mean(values):\n    return sum(values) / len(values)\n'.repeat(5)
    await record([{ reply: text, reasoning: 'Think.', costUsd: 0.5, delayMs: 30 }], ['Hello'])
    const replay = await replayGateway(path)
    const deltas: ModelDelta[] = []
    const reply = await replay.generate({ ...ask('Hello'), onDelta: (delta) => deltas.push(delta) })
    expect(reply).toMatchObject({
      text,
      reasoning: 'Think.',
      costUsd: 0.5,
      model: 'scripted/model',
      role: 'coder',
      tier: 'fast',
      attempts: 1,
    })
    expect(reply.wallMs).toBeGreaterThanOrEqual(25)
    const pieces = deltas.filter(({ kind }) => kind === 'text')
    expect(pieces.map((delta) => delta.text).join('')).toBe(text)
    expect(pieces.length).toBeGreaterThan(5)
    expect(replay.header.recordedBy).toBe('models')
  })

  test('gives the replies of a repeated request in order, and then the last again', async () => {
    await record([{ reply: 'first' }, { reply: 'second' }], ['same', 'same'])
    const replay = await replayGateway(path)
    const texts: string[] = []
    for (let round = 0; round < 4; round++) texts.push((await replay.generate(ask('same'))).text)
    expect(texts).toEqual(['first', 'second', 'second', 'second'])
  })

  test('does not care for difficulty, limits or the order of requests', async () => {
    await record([{ reply: 'one' }, { reply: 'two' }], ['1', '2'])
    const replay = await replayGateway(path)
    expect((await replay.generate({ ...ask('2'), difficulty: 'hard', escalation: 2, temperature: 1 })).text).toBe('two')
    expect((await replay.generate(ask('1'))).text).toBe('one')
  })

  test('refuses an unknown request with the difference to the nearest of the same role', async () => {
    await record(
      [{ reply: 'a' }, { reply: 'b' }],
      ['Volatility of AAPL\nover 37 days\nannualised', 'Something else entirely'],
    )
    const replay = await replayGateway(path)
    const error = await failureOf(replay.generate(ask('Volatility of MSFT\nover 37 days\nannualised')))
    expect(error.code).toBe('replay_mismatch')
    expect(error.message).toContain('- Volatility of AAPL')
    expect(error.message).toContain('+ Volatility of MSFT')
    expect(error.message).toContain('  over 37 days')
    expect(error.message).not.toContain('Something else')
    expect(error.hint).toContain('--record')
    expect(error.details).toMatchObject({ role: 'coder', nearestLine: 2 })
  })

  test('refuses everything where nothing was recorded, and the same words of another role', async () => {
    await record([], [])
    expect((await failureOf((await replayGateway(path)).generate(ask('1')))).message).toContain('no exchange at all')
    await record([{ reply: 'one' }], ['1'])
    const error = await failureOf((await replayGateway(path)).generate({ ...ask('1'), role: 'reviewer' }))
    expect(error.code).toBe('replay_mismatch')
    expect(error.message).toContain('reviewer')
  })

  test('stops in the middle when it is cancelled', async () => {
    await record([{ reply: 'x'.repeat(100_000) }], ['1'])
    const abort = new AbortController()
    let seen = 0
    const onDelta = (): void => {
      if (++seen === 3) abort.abort()
    }
    const error = await failureOf((await replayGateway(path)).generate({ ...ask('1'), signal: abort.signal, onDelta }))
    expect(error.code).toBe('cancelled')
    expect(seen).toBe(3)
  })
})

describe('a cassette that cannot be read', () => {
  test.each([
    ['that is not there', null, 'cannot be read'],
    ['without a header', '', 'line 1'],
    ['with another first line', '{"hello":1}\n', 'line 1'],
    [
      'of a later version',
      '{"format":"handaxe-cassette","version":2,"recordedBy":"models","createdAt":"2026-01-01T00:00:00Z"}\n',
      'version 2',
    ],
    ['of bytes', '\u0000\u0001\uFFFD', 'line 1'],
  ])('%s is a clear error', async (_what, content, message) => {
    await record([{ reply: 'one' }], ['1'])
    if (content === null) await rm(path)
    else await writeFile(path, content)
    const error = await failureOf(replayGateway(path))
    expect(error.code).toBe('invalid_input_file')
    expect(error.message).toContain(path)
    expect(error.message).toContain(message)
  })

  test.each([
    ['a line cut off in the middle', '{"role":"coder","tier":"fa'],
    ['a line that is no exchange', '{"role":"poet"}'],
    ['a number', '17'],
    ['a line of another language', 'привет'],
  ])('names the line of %s', async (_what, line) => {
    await record([{ reply: 'one' }, { reply: 'two' }], ['1', '2'])
    await appendFile(path, `${line}\n`)
    const error = await failureOf(replayGateway(path))
    expect(error.code).toBe('invalid_input_file')
    expect(error.message).toContain('line 4')
    expect(error.details).toMatchObject({ line: 4 })
  })

  test('but empty lines, CRLF line ends and a byte order mark are none', async () => {
    await record([{ reply: 'one\ntwo' }], ['1'])
    await writeFile(path, `\uFEFF${(await lines()).join('\r\n\r\n')}`)
    expect((await (await replayGateway(path)).generate(ask('1'))).text).toBe('one\ntwo')
  })
})
