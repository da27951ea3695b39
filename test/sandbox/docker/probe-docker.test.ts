import { expect, test } from 'vitest'
import { probeDocker } from '../../../src/sandbox/backends/docker/probe-docker.ts'
import { ENVIRONMENT, hasEngine, IMAGE, WITHOUT_ENGINE } from './support/engine.ts'

test.skipIf(!hasEngine)(
  `the probe finds the engine, its limits, the image and its runtimes (${WITHOUT_ENGINE})`,
  async () => {
    const probe = await probeDocker({ environment: ENVIRONMENT, image: IMAGE })
    expect(probe.usable).toBe(true)
    expect(probe.checks.map(({ name }) => name)).toEqual(['engine', 'rootless', 'limits', 'image', 'gvisor'])
    expect(probe.runtimes).toContain('runc')
    for (const { ok, problem, remedy } of probe.checks) expect([problem === null, remedy === null]).toEqual([ok, ok])
  },
)

test.skipIf(!hasEngine)(`a missing image makes it unusable, and the remedy builds it (${WITHOUT_ENGINE})`, async () => {
  const probe = await probeDocker({ environment: ENVIRONMENT, image: 'handaxe-sandbox:missing' })
  expect(probe.usable).toBe(false)
  expect(probe.checks.find(({ name }) => name === 'image')).toMatchObject({
    ok: false,
    remedy: 'handaxe setup --docker',
  })
})
