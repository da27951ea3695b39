import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createHome, runCli } from '../support/run-cli.ts'

// What is made of a folder that is one: test/sandbox/docker/setup-image.test.ts.

const home = createHome()

test('a folder that is no root, and a root without --docker, are refused', async () => {
  mkdirSync(join(home, 'root', 'usr', 'bin'), { recursive: true })
  const setup = (args: string[]) =>
    runCli(home, ['setup', ...args], { environment: { DOCKER_HOST: 'tcp://127.0.0.1:1' } })
  expect(await setup(['--docker', '--rootfs', 'root'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Python 3 is not in it'),
  })
  writeFileSync(join(home, 'root', 'usr', 'bin', 'python3'), '')
  expect(await setup(['--docker', '--rootfs', 'root'])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('Node 24 is not in it'),
  })
  expect(await setup(['--rootfs', 'root'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--docker') })
  // No engine: what to start is said.
  expect(await setup(['--docker'])).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('Start Docker') })
})
