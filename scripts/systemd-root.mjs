// For the tests of the sandbox under systemd: a root folder of a Debian with systemd, which a user-mode Linux starts from.
// Needs root, debootstrap, user-mode-linux and a Debian mirror (DEBIAN_MIRROR; some 60 MB, once, some minutes).
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { hasSystemdRoot, SYSTEMD_ROOT, TESTER } from '../test/support/find-systemd-root.ts'
import { run } from './run-program.mjs'
import { installMissing } from './system-packages.mjs'

/** A session as after a login needs all of systemd, D-Bus and PAM; the sandbox needs bubblewrap and this machine's Python. */
const PACKAGES = 'systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,bubblewrap,python3,libstdc++6'
const MIRROR = process.env.DEBIAN_MIRROR ? [process.env.DEBIAN_MIRROR] : []

/** Returns its path. Throws with the reason where it cannot be made. */
export function prepareSystemdRoot() {
  if (hasSystemdRoot()) return SYSTEMD_ROOT
  if (process.getuid?.() !== 0) throw new Error('only root can make it: its files belong to root')
  if (spawnSync('linux.uml', ['--version']).status !== 0) throw new Error('apt-get install user-mode-linux')
  installMissing({ debootstrap: 'debootstrap' })
  buildRoot()
  return SYSTEMD_ROOT
}

function buildRoot() {
  const release = /^VERSION_CODENAME=(\S+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm'
  const root = `${SYSTEMD_ROOT}.${process.pid}`
  mkdirSync(dirname(root), { recursive: true })
  console.error('· building a root folder with systemd (debootstrap; once, some minutes)')
  try {
    run('debootstrap', ['--variant=minbase', `--include=${PACKAGES}`, release, root, ...MIRROR])
    run('chroot', [root, 'useradd', '--create-home', '--uid', String(TESTER.id), '--shell', '/bin/bash', TESTER.name])
    // As by `loginctl enable-linger`: the user's systemd starts with the machine.
    mkdirSync(join(root, 'var/lib/systemd/linger'), { recursive: true })
    writeFileSync(join(root, 'var/lib/systemd/linger', TESTER.name), '')
    for (const folder of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/locale', 'usr/share/man']) {
      rmSync(join(root, folder), { recursive: true, force: true })
    }
    renameSync(root, SYSTEMD_ROOT)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}
