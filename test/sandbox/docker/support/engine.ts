import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sandbox } from '../../../../src/contracts/sandbox.ts'
import { openSandbox, type SandboxOptions } from '../../../../src/sandbox/open-sandbox.ts'
import type { TestSandbox } from '../../../support/open-test-sandbox.ts'

const { HANDAXE_DOCKER_SOCKET: given, HANDAXE_DOCKER_PROBLEM: problem } = process.env
/** Of the engine that `npm run test:all` has started, or of the one that scripts/setup-docker-tests.mjs keeps. */
export const SOCKET = given || join(tmpdir(), 'handaxe-docker-tests', 'docker.sock')
export const IMAGE = 'handaxe-sandbox-test:latest'
export const ENVIRONMENT = { DOCKER_HOST: `unix://${SOCKET}` }

/** For titles of tests that are skipped. */
export const WITHOUT_ENGINE =
  problem === undefined || problem === ''
    ? 'needs the container engine that `npm run test:all` starts as root'
    : `needs a container engine: ${problem}`
export const hasEngine = (await ask('GET', '/_ping').catch(() => ({ status: 0 }))).status === 200

/** A plain call to the engine, past the code under test. */
export function ask(method: string, path: string): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const sending = request({ socketPath: SOCKET, method, path, timeout: 10_000 }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: /^[[{]/.test(text) ? JSON.parse(text) : text })
      })
    })
    sending.on('error', reject)
    sending.end()
  })
}

interface Found {
  Id: string
  Name: string
  Labels: Record<string, string>
}

/** What sandboxes of one process have at the engine, running or not: other test files have theirs. */
export async function engineObjects(pid = process.pid): Promise<{ containers: Found[]; volumes: Found[] }> {
  const filters = encodeURIComponent(JSON.stringify({ label: ['dev.handaxe.owner'] }))
  const containers = (await ask('GET', `/v1.41/containers/json?all=true&filters=${filters}`)).body as Found[]
  const { Volumes } = (await ask('GET', `/v1.41/volumes?filters=${filters}`)).body as { Volumes: Found[] | null }
  const isOwn = ({ Labels }: Found) => Labels['dev.handaxe.owner']?.split(' ')[1] === String(pid)
  return { containers: containers.filter(isOwn), volumes: (Volumes ?? []).filter(isOwn) }
}

export function openDocker(stateFolder: string, more: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  return openSandbox({
    backend: 'docker',
    pythonPath: null,
    stateFolder,
    environment: ENVIRONMENT,
    docker: { image: IMAGE },
    ...more,
  })
}

export async function openTestDocker(more: Partial<SandboxOptions> = {}): Promise<TestSandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-docker-'))
  const sandbox = await openDocker(join(folder, 'state'), more)
  return {
    sandbox,
    folder,
    async close() {
      await sandbox.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
