import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { assetPath } from '../../../../src/util/asset-path.ts'

/** The distribution's own first: other users can run it too. */
export const pythonPath = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

export const bridgePath = assetPath('sandbox/guest/network/bridge.py')

/** Whether this machine lets us make a network namespace, and where we are root, become another user in it. */
export const hasNamespaces = spawnSync('unshare', ['--user', '--map-root-user', '--net', 'true']).status === 0

/** A folder of one test with a copy of the bridge that every user can import. */
export function createBridgeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-bridge-'))
  chmodSync(folder, 0o755)
  copyFileSync(bridgePath, join(folder, 'bridge.py'))
  chmodSync(join(folder, 'bridge.py'), 0o644)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export interface BridgeProcess {
  process: ChildProcess
  port: number
  /** Exit code, when it has ended. */
  ended: Promise<number | null>
}

/** Starts the bridge as an ordinary program. It ends with the test, because its stdin does. */
export async function startBridge(socketPath: string, options: string[] = []): Promise<BridgeProcess> {
  const child = spawn(pythonPath, ['-I', '-B', bridgePath, '--socket', socketPath, ...options], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  onTestFinished(async () => {
    child.stdin.end()
    await ended
  })
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(Number(line.toString())))
    child.on('error', reject)
    child.on('close', () => reject(new Error('The bridge ended before it listened')))
  })
  return { process: child, port, ended }
}

export interface Outcome {
  stdout: string
  stderr: string
  status: number | null
}

export interface RunOptions {
  environment?: Record<string, string>
  /** Runs as this user, where the test is root. */
  userId?: number
  input?: string
}

/** Runs a trusted program of the test to its end, with nothing in its environment but what is given. */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<Outcome> {
  const { environment = {}, userId, input = '' } = options
  const asUser = userId === undefined || process.getuid?.() !== 0 ? {} : { uid: userId, gid: userId }
  const child = spawn(command, args, { env: { PATH: process.env.PATH, ...environment }, ...asUser, timeout: 30_000 })
  const outcome: Outcome = { stdout: '', stderr: '', status: null }
  child.stdout.setEncoding('utf8').on('data', (text: string) => (outcome.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (outcome.stderr += text))
  child.stdin.on('error', () => child.stdin.destroy()).end(input)
  outcome.status = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve))
  return outcome
}
