import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { OWN_BUBBLEWRAP, PROFILE_FILE } from '../../src/sandbox/backends/linux/apparmor-state.ts'
import { createHome, runCli } from '../support/run-cli.ts'

/** Here it would really be taken back. */
const isSetUp = existsSync(PROFILE_FILE) || existsSync(OWN_BUBBLEWRAP)

test.skipIf(isSetUp)(
  'setup --undo takes nothing back where set-up has changed nothing (skipped where it has loaded a profile of AppArmor)',
  async () => {
    const home = createHome()
    const { exitCode, stderr } = await runCli(home, ['setup', '--undo'])
    expect([exitCode, stderr]).toEqual([0, '· nothing is to be taken back\n'])
    expect(JSON.parse((await runCli(home, ['setup', '--undo', '--json'])).stdout)).toEqual({ undone: [] })
  },
)

test.each([['--docker'], ['--rootfs', '/nowhere']])('setup --undo goes with no %s', async (...more) => {
  const { exitCode, stderr } = await runCli(createHome(), ['setup', '--undo', ...more])
  expect(exitCode).toBe(2)
  expect(stderr).toContain('--undo goes with neither --docker nor --rootfs')
})
