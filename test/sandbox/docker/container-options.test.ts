import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_LIMITS } from '../../../src/contracts/limits.ts'
import type { TestSandbox } from '../../support/open-test-sandbox.ts'
import { ask, engineObjects, hasEngine, openTestDocker, WITHOUT_ENGINE } from './support/engine.ts'

const MIB = 1024 * 1024

describe.skipIf(!hasEngine)(`W5: the options of a container, as the engine has them (${WITHOUT_ENGINE})`, () => {
  let opened: TestSandbox
  beforeAll(async () => {
    opened = await openTestDocker({ idlePython: 1, idleJavascript: 1 })
  })
  afterAll(() => opened.close())

  test('every container is closed in every respect', async () => {
    const { containers } = await engineObjects()
    const inspected = await Promise.all(containers.map(({ Id }) => ask('GET', `/v1.41/containers/${Id}/json`)))
    const found = inspected.filter(({ status }) => status === 200)
    expect(found.length).toBeGreaterThan(0)
    for (const { body } of found) {
      const { HostConfig, Config, Mounts, NetworkSettings } = body as {
        HostConfig: { Memory: number; PidsLimit: number; Tmpfs: Record<string, string> }
        Config: object
        Mounts: { Type: string; RW: boolean }[]
        NetworkSettings: { Networks: Record<string, { IPAddress: string }> }
      }
      expect(HostConfig).toMatchObject({
        NetworkMode: 'none',
        CapAdd: null,
        CapDrop: ['ALL'],
        Privileged: false,
        ReadonlyRootfs: true,
        SecurityOpt: ['no-new-privileges'],
        IpcMode: 'none',
        PidMode: '',
        UsernsMode: '',
        UTSMode: '',
        Init: false,
        Binds: null,
        Devices: null,
        MemorySwap: HostConfig.Memory,
        LogConfig: { Type: 'none' },
        RestartPolicy: { Name: 'no' },
        AutoRemove: false,
        PublishAllPorts: false,
      })
      expect(HostConfig.Memory).toBeGreaterThanOrEqual(DEFAULT_LIMITS.memoryBytes)
      expect(HostConfig.Memory).toBeLessThanOrEqual(DEFAULT_LIMITS.memoryBytes + 80 * MIB)
      expect(HostConfig.PidsLimit).toBe(DEFAULT_LIMITS.processes + 1)
      expect(Config).toMatchObject({ User: '65534:65534', Tty: false })
      expect(Object.keys(NetworkSettings.Networks).filter((name) => name !== 'none')).toEqual([])
      // Volumes of the engine, and nothing of the host.
      expect(Mounts.map(({ Type, RW }) => [Type, RW])).toEqual([
        ['volume', false],
        ['volume', false],
      ])
      for (const options of Object.values(HostConfig.Tmpfs))
        expect(options).toMatch(/nosuid,nodev,size=\d+,nr_inodes=\d+/)
    }
  })
})
