import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, test } from 'vitest'

const oldNode = findOldNode()

/** A Node of the machine that is older than ours, as the system's often is. */
function findOldNode(): string | null {
  const candidates = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
    .map((folder) => join(folder, 'node'))
    .filter((path) => existsSync(path))
  return (
    candidates.find((path) => {
      const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
      const major = Number.parseInt(stdout.slice(1), 10)
      return major >= 18 && major < 24
    }) ?? null
  )
}

test.skipIf(oldNode === null)(
  `an older Node is told what it lacks, in two lines${oldNode === null ? ' (needs a Node 18 to 23 on this machine)' : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'handaxe-main-'))
    try {
      // The file has no types: it is JavaScript, as the build makes it.
      const script = join(folder, 'main.mjs')
      copyFileSync(join(import.meta.dirname, '../../src/cli/main.ts'), script)
      const { status, stdout, stderr } = spawnSync(oldNode ?? '', [script, '--version'], { encoding: 'utf8' })
      expect(stderr).toMatch(/^error handaxe needs Node 24 or later; this is \d+\.\d+\.\d+\n {2}→ Install it/)
      expect(stderr.trim().split('\n')).toHaveLength(2)
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
