// Packages of the distribution that only the tests need, installed as root or by sudo.
import { hasCommand, run } from './run-program.mjs'

/**
 * What goes before a command that needs root: nothing for root, sudo where it asks for no password. Null where there is
 * neither: tests wait for nobody to type.
 */
export function rootPrefix() {
  if (process.getuid?.() === 0) return []
  // Its own environment: without a password sudo passes the caller's variables on only where its settings say so.
  return run('sudo', ['-n', 'true'], { mayFail: true }).status === 0 ? ['sudo', '-n'] : null
}

/** Runs a command as root. Throws with the reason where it fails or nobody here may be root. */
export function runAsRoot(command, args, options) {
  const prefix = rootPrefix()
  if (prefix === null) throw new Error(`it takes root, or sudo without a password: sudo ${command} ${args.join(' ')}`)
  const [program, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', command, ...args]
  return run(program, rest, options)
}

/** Installs packages with apt-get. Throws with the reason, and with the command for people. */
export function installPackages(...names) {
  if (hasCommand('apt-get') === '') throw new Error(`there is no apt-get here to install ${names.join(', ')}`)
  // Two test runs may come here at once: the second waits for the first.
  const install = ['-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '-q', '--no-install-recommends', ...names]
  if (runAsRoot('apt-get', install, { mayFail: true }).status === 0) return
  // The lists of packages may be missing or old.
  runAsRoot('apt-get', ['update', '-q'], { mayFail: true })
  runAsRoot('apt-get', install)
}

/** By apt-get, where the command is not there: its package by its name. Throws where that does not work. */
export function installMissing(packages) {
  const missing = Object.entries(packages).flatMap(([command, name]) => (hasCommand(command) === '' ? [name] : []))
  if (missing.length === 0) return
  console.error(`· installing ${missing.join(', ')} for the tests (apt-get)`)
  installPackages(...missing)
}
