import { execFile } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPublicNode, findPublicPython, isOpenToAll } from '../support/ordinary-user.ts'
import { findPython } from '../support/python.ts'
import { withoutPlaceOfRoot } from './support/place-of-root.ts'

/** Nobody's id, as far as that can be known. */
const USER_ID = 64_321
const canSwitchUser = process.getuid?.() === 0
/** Root can only hand over to a user who may read the project; anybody else is an ordinary user already. */
const isPossible = !canSwitchUser || isOpenToAll(import.meta.dirname)
const script = join(import.meta.dirname, 'support', 'ordinary-user.ts')

interface Outcome {
  status: string
  value?: unknown
  error?: string
  artifacts: number
  droppedArtifacts: unknown[]
  usage: { cpuMs: number; wallMs: number; peakMemoryBytes: number }
  out: string
}

let folder: string
let outcomes: Record<string, Outcome> & { guarantees: Record<string, unknown>; userId: number }

beforeAll(async () => {
  if (!isPossible) return
  folder = mkdtempSync(join(tmpdir(), 'handaxe-user-'))
  chmodSync(folder, 0o755)
  const state = join(folder, 'state')
  mkdirSync(state)
  const user = canSwitchUser ? { uid: USER_ID, gid: USER_ID } : {}
  if (canSwitchUser) chownSync(state, USER_ID, USER_ID)
  const reachable = canSwitchUser ? findPublicPython() : (findPython() ?? '')
  const node = canSwitchUser ? findPublicNode() : process.execPath
  const run = promisify(execFile)
  const { stdout } = await run(node, ['--disable-warning=ExperimentalWarning', script, state, reachable], {
    ...user,
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '', HOME: state },
    maxBuffer: 10_000_000,
  })
  outcomes = JSON.parse(stdout)
}, 120_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Skipped where the project lies in a folder that only root can enter. */
const testAsUser = test.skipIf(!isPossible)

testAsUser('an ordinary user gets the same sandbox, and its guarantees say what is weaker', () => {
  expect(outcomes.userId).not.toBe(0)
  expect(outcomes.guarantees).toMatchObject({
    backend: 'linux',
    isolation: 'namespaces',
    systemCalls: 'allow-list',
    network: 'none',
    unprivilegedUser: false,
    freshPerExecution: true,
  })
  const notes = outcomes.guarantees['notes'] as string[]
  if (outcomes.guarantees['memory'] === 'rlimit') expect(notes.join(' ')).toContain('for each process')
  expect(notes.join(' ')).toContain('your own user')
})

testAsUser('an ordinary user: values, inputs and artifacts', () => {
  expect(outcomes['value']).toMatchObject({ status: 'ok', value: [1, 2], out: 'hello\n' })
  expect(outcomes['javascript']).toMatchObject({ status: 'ok', value: 21 })
  expect(outcomes['artifact']).toMatchObject({ status: 'ok', artifacts: 1 })
  expect(outcomes['link']).toMatchObject({ artifacts: 0, droppedArtifacts: [{ name: 'a', reason: 'not-regular' }] })
  expect(outcomes['input']).toMatchObject({ status: 'ok', value: 'a,b\n' })
  expect(outcomes['after']).toMatchObject({ status: 'ok', value: 42 })
})

testAsUser('an ordinary user: files, network, namespaces and paths of the host are out of reach', () => {
  expect(outcomes['files']?.value).toEqual([false, false, false, false])
  expect(outcomes['network']).toMatchObject({ status: 'error', error: 'PermissionError' })
  expect(outcomes['namespace']?.value).toBe(-1)
  const paths = withoutPlaceOfRoot(String(outcomes['paths']?.value))
  expect(paths).not.toContain(folder)
  expect(paths).not.toContain('handaxe')
})

testAsUser('an ordinary user: processes, memory and time are bounded', () => {
  expect(outcomes['forks']).toMatchObject({ status: 'ok', value: true })
  expect(['error', 'out-of-memory']).toContain(outcomes['memory']?.status)
  expect(['MemoryError', 'memoryBytes']).toContain(outcomes['memory']?.error)
  expect(outcomes['memoryTogether']).toMatchObject({ status: 'out-of-memory' })
  expect(outcomes['memoryTogether']?.usage.wallMs).toBeLessThan(10_000)
  expect(outcomes['loop']).toMatchObject({ status: 'timeout', error: 'cpuMs' })
  expect(outcomes['sleep']).toMatchObject({ status: 'timeout', error: 'wallMs' })
})

testAsUser('an ordinary user: nothing is left behind', () => {
  expect(readdirSync(join(folder, 'state'))).toEqual([])
})
