import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'

import { createHome, runCli } from '../../support/run-cli.ts'
import { ask, ENVIRONMENT, hasEngine, IMAGE, SOCKET, WITHOUT_ENGINE } from './support/engine.ts'

const isRoot = process.getuid?.() === 0
let home: string
const folders: string[] = []
let made: string | null = null

beforeEach(() => {
  home = createHome()
})
afterAll(async () => {
  if (made !== null) await ask('DELETE', `/v1.41/images/${encodeURIComponent(made)}?force=true`)
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

/** The root folder of an image, as somebody without a registry would have it: without the folders that handaxe mounts at. */
async function exportRoot(image: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'handaxe-rootfs-'))
  folders.push(folder)
  const created = await post('/v1.41/containers/create', { Image: image, Cmd: ['true'] })
  try {
    await new Promise<void>((resolve, reject) => {
      const left = ['dev/*', 'proc/*', 'box', 'fill', 'opt/guest'].map((name) => `--exclude=${name}`)
      const unpacking = spawn('tar', ['-xf', '-', '-C', folder, ...left], {
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      unpacking.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`tar ended with ${code}`))))
      request({ socketPath: SOCKET, path: `/v1.41/containers/${created}/export` }, (response) =>
        response.pipe(unpacking.stdin),
      )
        .on('error', reject)
        .end()
    })
  } finally {
    await ask('DELETE', `/v1.41/containers/${created}?force=true`)
  }
  return folder
}

function post(path: string, body: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sending = request({ socketPath: SOCKET, method: 'POST', path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece))
      response.on('end', () => resolve((JSON.parse(text) as { Id: string }).Id))
    })
    sending.on('error', reject)
    sending.end(JSON.stringify(body))
  })
}

test.skipIf(!hasEngine || !isRoot)(
  `an image made from a root folder is what \`exec --backend docker\` runs on (needs root; ${WITHOUT_ENGINE})`,
  async () => {
    const root = await exportRoot(IMAGE)
    const setup = await runCli(home, ['setup', '--docker', '--rootfs', root, '--json'], { environment: ENVIRONMENT })
    expect(setup.exitCode, setup.stderr).toBe(0)
    const { docker } = JSON.parse(setup.stdout) as { docker: { image: string; built: boolean } }
    made = docker.image
    expect(docker).toMatchObject({ image: expect.stringMatching(/^handaxe-sandbox:[0-9a-f]{12}$/), built: true })

    const again = await runCli(home, ['setup', '--docker', '--json'], { environment: ENVIRONMENT })
    expect(JSON.parse(again.stdout)).toEqual({ docker: { image: made, built: false } })

    const executed = await runCli(home, ['exec', '--backend', 'docker', '--json', '-'], {
      environment: ENVIRONMENT,
      input: 'import os\nresult([os.getuid(), os.getcwd()])',
    })
    expect(executed.exitCode, executed.stderr).toBe(0)
    expect(JSON.parse(executed.stdout)).toMatchObject({ backend: 'docker', value: [65534, '/box'] })

    const doctor = await runCli(home, ['doctor', '--backend', 'docker', '--json'], { environment: ENVIRONMENT })
    const report = JSON.parse(doctor.stdout)
    expect(report.choice).toMatchObject({ backend: 'docker', reason: 'it was asked for' })
    expect(report.guarantees).toMatchObject({ backend: 'docker', memory: 'container' })
  },
  900_000,
)
