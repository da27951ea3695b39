import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { peerJail } from '../../bench/sandbox-peers.ts'

test.each([
  ['the folder of temporary files', tmpdir()],
  ['a home folder', homedir()],
])('the jail of the peers shows packages wherever they lie: below %s', (_, above) => {
  mkdirSync(above, { recursive: true })
  const packages = mkdtempSync(join(above, 'handaxe-peers-'))
  onTestFinished(() => rmSync(packages, { recursive: true }))
  writeFileSync(join(packages, 'module.py'), 'found = 42\n')
  const args = [...peerJail([packages]), '--', '/bin/sh', '-c', 'cat "$1/module.py"; ls -A /tmp', 'sh', packages]
  const { status, stdout, stderr } = spawnSync('bwrap', args, { encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  // Besides, the jail's own /tmp holds nothing of the machine's.
  const first = packages.startsWith('/tmp/') ? [packages.split('/')[2]] : []
  expect(stdout.trim().split('\n')).toEqual(['found = 42', ...first])
})
