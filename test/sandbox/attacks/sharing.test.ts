import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { expectNeighboursUnharmed, NEIGHBOUR_ATTACKS } from '../support/neighbour-attacks.ts'

const isRoot = process.getuid?.() === 0
let opened: TestSandbox

beforeAll(async () => {
  opened = await openTestSandbox()
})
afterAll(() => opened.close())

for (const attack of NEIGHBOUR_ATTACKS) {
  const isLacking = attack.needs === 'own-user' && !isRoot
  test.skipIf(isLacking)(
    `a neighbour is left alone by ${attack.title}${isLacking ? ' (skipped: needs root, for a user of its own)' : ''}`,
    () => expectNeighboursUnharmed(opened.sandbox, attack),
    60_000,
  )
}

const ABOUT_ITSELF = `
import os
shared = [line for line in open('/proc/self/maps') if 'w' in line.split()[1] and line.split()[1].endswith('s')]
import time
time.sleep(0.5)
result([os.getsid(0), os.getpgrp(), open('/proc/self/uid_map').read().split()[1], shared])
`

test('each slot is the first of its own session and group, and has no memory that another one could write to', async () => {
  const results = await Promise.all(
    [1, 2, 3, 4].map(() => opened.sandbox.execute({ language: 'python', code: ABOUT_ITSELF })),
  )
  const found = results.map(({ value }) => value as [number, number, string, string[]])
  for (const [session, group, , shared] of found) expect([session, group, shared]).toEqual([1, 1, []])
  const users = new Set(found.map(([, , user]) => user))
  expect(users.size).toBe(isRoot ? 4 : 1)
  expect(users.has('0')).toBe(!isRoot)
})

test('files of an execution belong to its own user, inside and outside, and are collected', async () => {
  const code = `
import os
for folder in ('/box', '/box/output', '/tmp', '/dev/shm'):
    open(folder + '/own', 'w').write('x')
result([os.stat(folder + '/own').st_uid for folder in ('/box', '/box/output', '/tmp', '/dev/shm')])`
  const python = await opened.sandbox.execute({ language: 'python', code })
  expect(python.value).toEqual([1000, 1000, 1000, 1000])
  expect(python.artifacts.map(({ name }) => name)).toEqual(['own'])
  const javascript = await opened.sandbox.execute({
    language: 'javascript',
    code: "import { writeFileSync } from 'node:fs'\nwriteFileSync('/box/output/own', 'x')\nresult(process.getuid())",
  })
  expect([javascript.value, javascript.artifacts.length]).toEqual([1000, 1])
})

test('SECURITY.md names what executions share, each closed or accepted', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'SECURITY.md'), 'utf8')
  const section = text.slice(text.indexOf('## What executions share'), text.indexOf('## How this is tested'))
  const rows = section.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| what'))
  expect(rows.length).toBeGreaterThan(12)
  for (const row of rows) expect(row).toMatch(/\| (closed|accepted|closed as root, else accepted)/)
})
