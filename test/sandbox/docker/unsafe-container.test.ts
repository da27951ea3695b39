import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../../src/contracts/limits.ts'
import { containerOptions, labelsOf } from '../../../src/sandbox/backends/docker/container-options.ts'
import { Container, removeContainer, removeVolume } from '../../../src/sandbox/backends/docker/container.ts'
import { createContainer } from '../../../src/sandbox/backends/docker/create-container.ts'
import { EngineClient } from '../../../src/sandbox/backends/docker/engine-client.ts'
import { fillVolume } from '../../../src/sandbox/backends/docker/volumes.ts'
import { describeOwner } from '../../../src/sandbox/owner.ts'
import { guestEntries } from '../../../src/sandbox/relay/file-entries.ts'
import type { GuestKind } from '../../../src/sandbox/relay/relay-messages.ts'
import { hasEngine, IMAGE, SOCKET, WITHOUT_ENGINE } from './support/engine.ts'

/** Everything is allowed but that a process installs a filter, by either way. */
const WITHOUT_FILTERS = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [
    { names: ['prctl'], action: 'SCMP_ACT_ERRNO', args: [{ index: 0, value: 22, op: 'SCMP_CMP_EQ' }] },
    { names: ['seccomp'], action: 'SCMP_ACT_ERRNO' },
  ],
}

describe.skipIf(!hasEngine)(`a container that is not as safe as it must be gets no code (${WITHOUT_ENGINE})`, () => {
  const name = `handaxe-${randomBytes(8).toString('hex')}`
  const labels = labelsOf(describeOwner(), name)
  const engine = new EngineClient({ kind: 'socket', path: SOCKET })

  beforeAll(async () => {
    await fillVolume({ engine, image: IMAGE, volume: name, labels }, await guestEntries(['python', 'javascript']))
  })
  afterAll(async () => {
    await removeVolume(engine, name)
    engine.close()
  })

  /** Why the container does not become ready. */
  async function refusalOf(guest: GuestKind, hostOptions: object): Promise<string> {
    const inputVolume = `${name}-input`
    const limits = { ...DEFAULT_LIMITS }
    const volumes = { guest: name, input: inputVolume, environment: null }
    const options = containerOptions({
      image: IMAGE,
      guest,
      limits,
      hasNetwork: false,
      volumes,
      labels,
      runtime: null,
    }) as {
      HostConfig: object
    }
    const changed = { ...options, HostConfig: { ...options.HostConfig, ...hostOptions } }
    const id = await createContainer(engine, changed, IMAGE)
    try {
      const query = { stream: true, stdin: true, stdout: true, stderr: true }
      const connection = await engine.hijack(`/containers/${id}/attach`, query)
      const container = new Container(engine, { id, guest, limits, network: null, inputVolume }, connection)
      await engine.call('POST', `/containers/${id}/start`)
      return await container.ready.then(
        () => 'it is ready',
        (error: Error) => error.message,
      )
    } finally {
      await removeContainer(engine, id)
      await removeVolume(engine, inputVolume)
    }
  }

  test.each(['python', 'javascript'] as const)('where the filter cannot be installed (%s)', async (guest) => {
    const profile = `seccomp=${JSON.stringify(WITHOUT_FILTERS)}`
    const refusal = await refusalOf(guest, { SecurityOpt: ['no-new-privileges', profile] })
    expect(refusal).toMatch(/^sandbox: PermissionError: .*prctl 22/)
  })

  test('where another process is the first one, without the filter and open to the program', async () => {
    expect(await refusalOf('python', { Init: true })).toContain("another process is the container's first")
  })

  test('with the options as they are, it is ready', async () => {
    expect(await refusalOf('python', {})).toBe('it is ready')
  })
})
