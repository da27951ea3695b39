import { expect } from 'vitest'
import { openTestSandbox } from '../support/open-test-sandbox.ts'
import { allow, inside, networkContract } from './network-contract.ts'
import { testItem } from './support/invariants.ts'

networkContract('linux', openTestSandbox, (getOpened) => {
  testItem(
    'the bridge can be ended but neither read nor written nor asked for its descriptors',
    getOpened,
    async ({ execute }) => {
      const code = `
import errno, os
bridge = next(int(name) for name in os.listdir('/proc') if name.isdigit() and int(name) != os.getpid())
found = []
try:
    numbers = os.listdir(f'/proc/{bridge}/fd')
except PermissionError:
    # It is shown as another user's.
    numbers = range(8)
for act in (lambda: open(f'/proc/{bridge}/mem', 'r+b'), *[lambda n=n: os.open(f'/proc/{bridge}/fd/{n}', os.O_PATH) for n in numbers], lambda: os.readlink(f'/proc/{bridge}/root'),
            lambda: os.listdir(f'/proc/{bridge}/map_files'), lambda: open(f'/proc/{bridge}/environ').read()):
    try:
        act()
        found.append('reached')
    except OSError as error:
        found.append(errno.errorcode[error.errno])
status = dict(line.split(':', 1) for line in open(f'/proc/{bridge}/status'))
result([found, status['CapEff'].strip(), status['NoNewPrivs'].strip(), len(os.listdir('/proc/self/fd'))])`
      const { value } = await inside(execute, code, allow([]))
      expect(value).toEqual([expect.any(Array), '0000000000000000', '1', 5])
      // Five files, and at least its three streams, the listener and the folder of the socket.
      const [outcomes] = value as [string[]]
      expect(outcomes.length).toBeGreaterThan(8)
      for (const outcome of outcomes) expect(outcome).toMatch(/^(EACCES|EPERM)$/)
    },
  )

  testItem(
    'executions without a network have no socket at all, also right after one that had',
    getOpened,
    async ({ execute }) => {
      await inside(execute, 'result(1)', allow([]))
      const code = `
import os, socket
try:
    socket.socket()
except PermissionError:
    result([sorted(os.listdir('/sys/class/net')) if os.path.exists('/sys/class/net') else [], [n for n in os.environ if 'proxy' in n.lower()], open('/etc/ssl/certs/ca-certificates.crt').read()])`
      expect((await execute({ language: 'python', code })).value).toEqual([[], [], ''])
    },
  )
})
