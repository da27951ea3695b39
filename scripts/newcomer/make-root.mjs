// A bare Debian as a newcomer has it: debootstrap's smallest, git, sudo and certificates, this machine's Node and npm, a clone of
// the project, and one ordinary user who may use sudo. Nothing else of this machine.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from 'node:fs'
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { run } from '../run-program.mjs'
import { projectRoot } from '../ensure-dependencies.mjs'
import { copySettings } from './host-settings.mjs'

export const NEWCOMER = { name: 'newcomer', id: 1000, home: '/home/newcomer' }
const INCLUDE = 'git,sudo,ca-certificates'
const MIRROR = process.env.DEBIAN_MIRROR ? [process.env.DEBIAN_MIRROR] : []
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'handaxe-tests')
const PROXIES = 'http_proxy https_proxy ftp_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY NO_PROXY'

/** A new root folder from the cached one, which is made first where it is missing. Returns { root, variables }. */
export function makeRoot(name) {
  const bare = findBareRoot()
  const root = join(CACHE, `newcomer-${process.pid}`, name)
  mkdirSync(dirname(root), { recursive: true, mode: 0o700 })
  run('cp', ['-a', '--reflink=auto', bare, root])
  copyNode(root)
  const variables = copySettings(root)
  run('chroot', [root, 'useradd', '--create-home', '--uid', String(NEWCOMER.id), '--shell', '/bin/bash', NEWCOMER.name])
  const rights = `${NEWCOMER.name} ALL=(ALL) NOPASSWD: ALL\nDefaults env_keep += "${PROXIES}"\n`
  writeFileSync(join(root, 'etc/sudoers.d/newcomer'), rights, { mode: 0o440 })
  return { root, variables }
}

/** A clone of HEAD in a folder of the root, as `git clone` makes it for that user. */
export function cloneProject(root, folder, owner) {
  mkdirSync(dirname(join(root, folder)), { recursive: true })
  run('git', ['clone', '--quiet', '--depth', '1', `file://${projectRoot}`, join(root, folder)])
  run('chown', ['-R', '-h', `${owner}:${owner}`, join(root, folder)])
}

/** Everything that this process made, and what earlier ones left that were killed. */
export function removeRoots() {
  if (!existsSync(CACHE)) return
  for (const name of readdirSync(CACHE)) {
    const pid = Number(/^newcomer-(\d+)$/.exec(name)?.[1])
    if (pid === process.pid || (pid > 0 && !isCheck(pid)))
      rmSync(join(CACHE, name), { recursive: true, force: true, maxRetries: 20, retryDelay: 200 })
  }
}

function isCheck(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('newcomer-check')
  } catch {
    // It has ended.
    return false
  }
}

function findBareRoot() {
  const release = /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm'
  const key = createHash('sha256')
    .update([release, process.arch, INCLUDE, ...MIRROR].join('\n'))
    .digest('hex')
  const bare = join(CACHE, `bare-root-${release}-${key.slice(0, 12)}`)
  if (existsSync(bare)) return bare
  const partial = `${bare}.${process.pid}.tmp`
  mkdirSync(CACHE, { recursive: true })
  console.error(`· making a bare root folder of ${release} (debootstrap; once, a minute or two)`)
  try {
    run('debootstrap', ['--variant=minbase', `--include=${INCLUDE}`, release, partial, ...MIRROR])
    for (const folder of ['var/cache/apt/archives', 'var/lib/apt/lists']) {
      rmSync(join(partial, folder), { recursive: true, force: true })
      mkdirSync(join(partial, folder, 'partial'), { recursive: true })
    }
    renameSync(partial, bare)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
  return bare
}

/** The one on PATH, which a newcomer has too; not the project's, which `npm start` has to bring. */
function copyNode(root) {
  const node = findCommand('node')
  const npm = findCommand('npm')
  const bin = join(root, 'usr/local/bin')
  copyFileSync(realpathSync(node), join(bin, 'node'))
  chmodSync(join(bin, 'node'), 0o755)
  // …/npm/bin/npm-cli.js
  const modules = join(root, 'usr/local/lib/node_modules')
  mkdirSync(modules, { recursive: true })
  cpSync(dirname(dirname(realpathSync(npm))), join(modules, 'npm'), { recursive: true, verbatimSymlinks: true })
  for (const name of ['npm', 'npx']) symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(bin, name))
  const { stdout, status, stderr } = run('chroot', [root, 'npm', '--version'], { mayFail: true })
  if (status !== 0)
    throw new Error(`The Node of this machine (${node}) does not run in a bare Debian: ${stderr || stdout}`)
}

function findCommand(name) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => !folder.includes('node_modules'))
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
  if (found === undefined) throw new Error(`There is no ${name} on PATH besides the project's own`)
  return found
}
