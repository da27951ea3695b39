import { mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDelegatedUnit } from '../../src/sandbox/backends/linux/cgroups-systemd.ts'
import { findCommand } from '../../src/sandbox/backends/linux/find-command.ts'

// What there is without a systemd that works; test/sandbox/systemd.test.ts has one.

const hasSystemdRun = findCommand('systemd-run', process.env['PATH']) !== null
const userId = process.getuid?.() ?? 0
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'handaxe-systemd-none-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function open(more: Record<string, string>, id = userId) {
  const environment = { PATH: process.env['PATH'] ?? '', XDG_RUNTIME_DIR: folder, ...more }
  return openDelegatedUnit('/sys/fs/cgroup', 'none', id, environment)
}

test('without systemd-run there is no tier, and what to do is said', async () => {
  expect(await open({ PATH: folder })).toEqual({
    tier: null,
    reason: 'no cgroup is delegated to this user, and there is no systemd-run',
    remedy: expect.stringContaining('loginctl enable-linger'),
  })
})

test.skipIf(!hasSystemdRun)(
  'a folder without a systemd, of another user or that is not there is none (needs systemd-run)',
  async () => {
    const reason = expect.stringContaining('no systemd of this user is reached at')
    expect(await open({})).toMatchObject({ tier: null, reason })
    expect(await open({ XDG_RUNTIME_DIR: join(folder, 'nowhere') })).toMatchObject({ tier: null, reason })
    expect(await open({}, userId + 1)).toMatchObject({ tier: null, reason })
  },
)

test.skipIf(!hasSystemdRun)(
  'a systemd that hangs up is the reason in its own words, and leaves nothing (needs systemd-run)',
  async () => {
    mkdirSync(join(folder, 'systemd'))
    const server = createServer((socket) => socket.destroy())
    await new Promise<void>((resolve) => server.listen(join(folder, 'systemd/private'), resolve))
    try {
      expect(await open({})).toMatchObject({
        tier: null,
        reason: expect.stringMatching(/^this user's systemd gives no delegated unit: \S/),
        remedy: expect.stringContaining('or as root'),
      })
      expect(readdirSync(folder)).toEqual(['systemd'])
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  },
)
