/**
 * Executed by a user in a session of a Linux with systemd: uses the sandbox in all the ways that concern systemd and prints
 * the outcomes as JSON. With the argument `hold` it only opens one and waits to be killed, with `where` it says where the groups are.
 */
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Sandbox } from '../../../src/contracts/sandbox.ts'
import { probeCgroups } from '../../../src/sandbox/backends/linux/probe-parts.ts'
import { openSandbox, type SandboxOptions } from '../../../src/sandbox/open-sandbox.ts'
import { findGroups, ownGroup, patiently, runPrograms, slotBounds } from './cgroup2-programs.ts'

const WITHOUT_SYSTEMD = { ...process.env, XDG_RUNTIME_DIR: '/nowhere' }
const GONE_WITHIN_MS = 60_000
const [stateFolder = '', pythonPath = '', mode = 'all'] = process.argv.slice(2)

function open(more: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const options = { pythonPath, stateFolder, environment: process.env, idlePython: 1, idleJavascript: 0 }
  return patiently(() => openSandbox({ ...options, ...more }))
}

/** What of handaxe's is there for systemd: units, groups, and files in the folder that they share. */
function traces(): string[] {
  const units = execFileSync(
    'systemctl',
    ['--user', 'list-units', '--type=service,scope', '--all', '--plain', '--no-legend'],
    {
      encoding: 'utf8',
    },
  )
  const names = units.split('\n').filter((line) => /^handaxe-|^run-/.test(line))
  const files = readdirSync(process.env['XDG_RUNTIME_DIR'] ?? '').filter((name) => name.includes('handaxe'))
  return [...names, ...findGroups('handaxe'), ...findGroups('slot-'), ...files]
}

async function tracesInTheEnd(): Promise<string[]> {
  const until = performance.now() + GONE_WITHIN_MS
  while (traces().length > 0 && performance.now() < until) await delay(100)
  return traces()
}

async function everything() {
  const group = ownGroup()
  const sandbox = await open({ require: { memory: 'cgroup', processes: 'cgroup', cpu: 'cgroup' } })
  const programs = await runPrograms(sandbox)
  const [slots, units, { guarantees }] = [slotBounds(), findGroups('handaxe-'), sandbox]
  return { sandbox, outcomes: { groups: [group, ownGroup()], programs, slots, units, guarantees } }
}

async function withoutSystemd() {
  const sandbox = await open({ environment: WITHOUT_SYSTEMD })
  const programs = await runPrograms(sandbox, ['value'])
  await sandbox.close()
  return { guarantees: sandbox.guarantees, programs }
}

/** Somebody ends the unit: what is executed then is bounded as ever, or not executed. */
async function afterUnitWasEnded(sandbox: Sandbox) {
  const name = findGroups('handaxe-')[0]?.split('/').at(-1) ?? ''
  execFileSync('systemctl', ['--user', 'stop', name])
  const programs = await runPrograms(sandbox, ['value', 'memory'])
  const units = findGroups('handaxe-')
  await sandbox.close()
  return { programs, units }
}

async function killedHost() {
  const host = spawn(process.execPath, [...process.argv.slice(1, 4), 'hold'], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((resolve, reject) => {
    host.stdout.once('data', resolve)
    host.once('close', () => reject(new Error('It ended before it held anything')))
  })
  const held = findGroups('handaxe-')
  host.kill('SIGKILL')
  return { held, left: await tracesInTheEnd() }
}

/** What a handaxe gets that is itself started by systemd in this way. */
function startedBy(...command: string[]): unknown {
  const [run = '', ...options] = command
  const args = [...options, process.execPath, ...process.argv.slice(1, 4), 'where']
  return JSON.parse(execFileSync(run, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }))
}

if (mode === 'where') {
  const sandbox = await open()
  const programs = await runPrograms(sandbox, ['value', 'memory', 'after'])
  const found = { own: ownGroup().slice('0::'.length), groups: findGroups('handaxe'), programs }
  await sandbox.close()
  process.stdout.write(JSON.stringify({ ...found, memory: sandbox.guarantees.memory }))
  process.exit(0)
}
if (mode === 'hold') {
  const sandbox = await open()
  await runPrograms(sandbox, ['value'])
  process.stdout.write('held\n')
  await delay(600_000)
}
const { sandbox, outcomes } = await everything()
const ended = await afterUnitWasEnded(sandbox)
const left = await tracesInTheEnd()
const doctor = [await probeCgroups(process.env), await probeCgroups(WITHOUT_SYSTEMD)]
const without = await withoutSystemd()
const killed = await killedHost()
const byUser = ['systemd-run', '--user', '--quiet', '--collect', '-p', 'Delegate=yes']
const inSubgroup = join(import.meta.dirname, 'systemd-subgroup.sh')
const inScope = startedBy(...byUser, '--scope')
const inService = startedBy(...byUser, '--pipe', '--wait', '/bin/sh', inSubgroup)
process.stdout.write(JSON.stringify({ ...outcomes, ended, left, doctor, without, killed, inScope, inService }))
