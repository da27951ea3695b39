// `npm run lock`: package-lock.json anew, in a folder without node_modules. Where node_modules stands, npm leaves the packages
// of other platforms out of the lock file.
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from './ensure-dependencies.mjs'

const folder = mkdtempSync(join(tmpdir(), 'handaxe-lock-'))
for (const name of ['package.json', '.npmrc']) copyFileSync(join(projectRoot, name), join(folder, name))
const { status } = spawnSync('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], {
  cwd: folder,
  stdio: 'inherit',
})
if (status === 0) copyFileSync(join(folder, 'package-lock.json'), join(projectRoot, 'package-lock.json'))
rmSync(folder, { recursive: true, force: true })
process.exit(status ?? 1)
