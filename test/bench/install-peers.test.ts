import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { installPeers } from '../../bench/install-peers.ts'

test('the peers of the benchmark are downloaded where they are missing, and run', { timeout: 300_000 }, () => {
  const peers = installPeers(process.env)
  if (typeof peers === 'string') throw new Error(peers)
  expect(spawnSync(peers.deno, ['--version'], { encoding: 'utf8' }).stdout).toMatch(/^deno \d/)
  expect(existsSync(peers.pyodide)).toBe(true)
})

test('where the registry cannot be reached, the reason is a sentence', { timeout: 60_000 }, () => {
  const cache = mkdtempSync(join(tmpdir(), 'handaxe-peers-'))
  onTestFinished(() => rmSync(cache, { recursive: true }))
  const nowhere = { npm_config_registry: 'http://127.0.0.1:1/', npm_config_fetch_retries: '0', npm_config_cache: cache }
  expect(installPeers({ ...process.env, XDG_CACHE_HOME: cache, ...nowhere })).toMatch(/^npm could not install it: /)
})
