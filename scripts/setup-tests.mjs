// What only the tests need on this machine, for the groups of tests that are named (test/groups.ts); without a name, what
// `npm test` needs: the server of PostgreSQL, curl, and pytest in the sandbox's Python, with which exported packages are tested.
// `pgvector` adds that extension, `kernel` a Linux that runs as a process, in which cgroup version 2 is tested, and a root
// folder with systemd for it. Runs on the project's Node; quick where all is there.
// Where it cannot be installed this says so and goes on: the tests that need it are skipped, with the reason in their title.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { findPgvector, findPostgres } from '../test/support/find-postgres.ts'
import { findPython } from '../test/support/python.ts'
import { installPgvector } from './install-pgvector.mjs'
import { installMissing, installPackages, runAsRoot } from './system-packages.mjs'
import { prepareSystemdRoot } from './systemd-root.mjs'
import { addNotTested } from './test-counts.mjs'

const CLUSTER_SETTINGS = '/etc/postgresql-common/createcluster.conf'
const groups = new Set(process.argv.slice(2))
/** What needs no more than `npm test`, and stands apart for the time that it takes. */
const isBasic =
  groups.size === 0 || ['basic', 'machines', 'packages', 'sampled', 'sized'].some((name) => groups.has(name))

if ((isBasic || groups.has('pgvector')) && findPostgres() === null) installPostgres()
if (isBasic) installPytest()
if (isBasic) installCurl()
if (groups.has('pgvector') && findPostgres() !== null && findPgvector() === null) installPgvector()
if (groups.has('kernel')) prepareKernel()

function prepareKernel() {
  installKernel()
  try {
    prepareSystemdRoot()
  } catch (error) {
    console.error(`· no root folder with systemd, its tests are skipped: ${error.message}`)
    addNotTested('the sandbox under systemd', error.message)
  }
}

function installKernel() {
  if (spawnSync('linux.uml', ['--version']).status === 0) return
  // The tests that it is for need root, and the distribution has it for this processor only.
  if (process.getuid?.() !== 0 || process.arch !== 'x64') return
  console.error('· installing user-mode-linux for the tests of cgroup version 2 (apt-get)')
  try {
    installPackages('user-mode-linux')
  } catch (error) {
    console.error(`· that did not work, those tests are skipped: ${error.message}`)
    addNotTested('cgroup version 2', error.message)
  }
}

function installPytest() {
  const python = findPython()
  if (python === undefined) return
  const python3 = (...args) => spawnSync(python, args, { encoding: 'utf8' })
  // A new virtual environment has the setuptools of its Python, which before 70.1 cannot make wheels by themselves.
  if (python3('-I', '-c', 'import pytest, setuptools.command.bdist_wheel').status === 0) return
  console.error("· installing pytest and setuptools into the sandbox's Python for the tests (PyPI)")
  const { status } = python3(
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--only-binary',
    ':all:',
    'pytest',
    'setuptools>=70.1',
  )
  if (status === 0) return
  console.error('· that did not work, the tests of exported Python packages are skipped')
  addNotTested('exported Python packages', 'pip could not install pytest and setuptools')
}

function installCurl() {
  try {
    installMissing({ curl: 'curl' })
  } catch (error) {
    console.error(`· that did not work, its tests are skipped: ${error.message}`)
    addNotTested('what takes curl', error.message)
  }
}

function installPostgres() {
  console.error('· installing the server of PostgreSQL for the tests (apt-get)')
  try {
    // In two steps, so that the package does not set up and start a server of its own.
    installPackages('postgresql-common')
    const change = 's/^#\\?create_main_cluster\\b.*$/create_main_cluster = false/'
    if (existsSync(CLUSTER_SETTINGS)) runAsRoot('sed', ['-i', change, CLUSTER_SETTINGS])
    installPackages('postgresql')
  } catch (error) {
    console.error(`· PostgreSQL could not be installed, its tests are skipped: ${error.message}`)
    addNotTested('the store on PostgreSQL', error.message)
  }
}
