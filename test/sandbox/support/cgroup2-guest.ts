/** Executed in a user-mode Linux that has cgroup version 2: uses the sandbox and prints the outcomes as JSON. */
import { readdirSync } from 'node:fs'
import { openSandbox } from '../../../src/sandbox/open-sandbox.ts'
import { findGroups, ownGroup, patiently, runPrograms, slotBounds } from './cgroup2-programs.ts'

const [stateFolder = '', pythonPath = ''] = process.argv.slice(2)
const before = ownGroup()
const options = { stateFolder, environment: process.env, idlePython: 1, idleJavascript: 0 }
const sandbox = await patiently(() => openSandbox({ pythonPath: pythonPath === '' ? null : pythonPath, ...options }))
const programs = await runPrograms(sandbox)
const slots = slotBounds()
const instances = findGroups('sandbox-')
const groups = [before, ownGroup()]
const { guarantees } = sandbox
await sandbox.close()
const left = [...findGroups('sandbox-'), ...findGroups('slot-')]
const outcomes = { guarantees, programs, slots, instances, groups, left, state: readdirSync(stateFolder) }
process.stdout.write(JSON.stringify(outcomes))
