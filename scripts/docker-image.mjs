// The image of the docker tests without any registry: a Debian by debootstrap with Python, its packages by wheels, and this
// project's Node, as one tar file that `docker import` reads. Made once for each release and Node, then kept in the cache.
import { createHash } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs'
import { renameSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './run-program.mjs'

const PACKAGES = ['numpy', 'pandas', 'scipy', 'matplotlib', 'openpyxl', 'pyarrow', 'charset-normalizer']
/** Without DEBIAN_MIRROR debootstrap takes the mirror that it has built in. */
const MIRROR = process.env.DEBIAN_MIRROR ? [process.env.DEBIAN_MIRROR] : []

/** Path of the tar file; makes it where it is not in the cache. Throws with the reason where that does not work. */
export function prepareImage(node) {
  const release = /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm'
  const version = run(node, ['--version']).stdout.trim()
  // The recipe is part of the key: who changes one of these files gets a new image.
  const recipe = [import.meta.url, new URL('install-wheels.ts', import.meta.url)].map((url) =>
    readFileSync(new URL(url)),
  )
  const key = createHash('sha256')
    .update([release, version, process.arch, ...recipe].join('\n'))
    .digest('hex')
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'handaxe-tests')
  const archive = join(cache, `docker-image-${key.slice(0, 16)}.tar`)
  if (existsSync(archive)) return archive
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-docker-image-'))
  try {
    buildRoot(join(folder, 'root'), release, node)
    // Whole or not at all, also where two test runs make it at the same time.
    run('tar', ['-C', join(folder, 'root'), '-cf', `${archive}.${process.pid}.tmp`, '.'])
    renameSync(`${archive}.${process.pid}.tmp`, archive)
  } finally {
    rmSync(folder, { recursive: true, force: true })
    rmSync(`${archive}.${process.pid}.tmp`, { force: true })
  }
  return archive
}

function buildRoot(root, release, node) {
  console.error('· building a root folder for the docker tests (debootstrap; once, some minutes)')
  run('debootstrap', ['--variant=minbase', '--include=python3', release, root, ...MIRROR])
  const version = run('chroot', [root, 'python3', '-c', 'import sys; print("%d.%d" % sys.version_info[:2])'])
  installPackages(root, version.stdout.trim(), node)
  copyFileSync(realpathSync(node), join(root, 'usr/local/bin/node'))
  chmodSync(join(root, 'usr/local/bin/node'), 0o755)
  for (const folder of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/locale', 'usr/share/man']) {
    rmSync(join(root, folder), { recursive: true, force: true })
  }
  run('find', [join(root, 'usr/local'), '-name', 'tests', '-type', 'd', '-prune', '-exec', 'rm', '-rf', '{}', '+'])
  run('find', [root, '-xdev', '-perm', '/6000', '-type', 'f', '-exec', 'chmod', 'a-s', '{}', '+'])
  for (const folder of ['box', 'fill', 'opt/guest']) mkdirSync(join(root, folder), { recursive: true })
}

function installPackages(root, version, node) {
  console.error(`· installing ${PACKAGES.join(', ')} for Python ${version}`)
  const script = fileURLToPath(new URL('install-wheels.ts', import.meta.url))
  const target = join(root, `usr/local/lib/python${version}/dist-packages`)
  run(node, ['--disable-warning=ExperimentalWarning', script, target, version, ...PACKAGES])
}
