import { describe, expect, test } from 'vitest'
import { requirementsSchema } from '../../../src/contracts/policy-schema.ts'
import type { Guarantees } from '../../../src/contracts/sandbox.ts'
import { combineRequirements, unmetRequirements } from '../../../src/sandbox/choose/unmet-requirements.ts'

const LINUX: Guarantees = {
  backend: 'linux',
  isolation: 'namespaces',
  systemCalls: 'allow-list',
  memory: 'rlimit',
  processes: 'rlimit',
  cpu: 'rlimit',
  network: 'none',
  unprivilegedUser: false,
  freshPerExecution: true,
  notes: [],
}
const names = (found: Guarantees, required: Parameters<typeof unmetRequirements>[1]) =>
  unmetRequirements(found, required).map(({ name }) => name)

describe('unmetRequirements', () => {
  test('without a demand nothing is missing', () => {
    expect(unmetRequirements(LINUX, {})).toEqual([])
  })

  test('each demand is held against its own guarantee and names a remedy', () => {
    const all = {
      memory: 'cgroup',
      processes: 'cgroup',
      cpu: 'cgroup',
      isolation: 'gvisor',
      systemCalls: 'own-kernel',
      unprivilegedUser: true,
      freshPerExecution: true,
    } as const
    const unmet = unmetRequirements(LINUX, all)
    expect(unmet.map(({ name }) => name)).toEqual(
      'memory processes cpu isolation systemCalls unprivilegedUser'.split(' '),
    )
    expect(unmet[0]).toMatchObject({
      required: 'cgroup',
      found: 'rlimit',
      remedy: expect.stringContaining('handaxe doctor'),
    })
    for (const { remedy } of unmet) expect(remedy.length).toBeGreaterThan(10)
    expect(names({ ...LINUX, freshPerExecution: false }, { freshPerExecution: true })).toEqual(['freshPerExecution'])
  })

  test.each(['cgroup1', 'cgroup2', 'container', 'microvm'] as const)(
    'memory=cgroup: %s bounds all processes',
    (memory) => {
      expect(names({ ...LINUX, memory }, { memory: 'cgroup' })).toEqual([])
    },
  )

  test('a floor is met by what is stronger, and a container is no kernel of its own', () => {
    const microvm: Guarantees = { ...LINUX, isolation: 'microvm', systemCalls: 'own-kernel' }
    expect(names(microvm, { isolation: 'gvisor', systemCalls: 'allow-list' })).toEqual([])
    expect(names({ ...LINUX, isolation: 'gvisor' }, { isolation: 'microvm' })).toEqual(['isolation'])
    expect(names({ ...LINUX, isolation: 'container' }, { isolation: 'gvisor' })).toEqual(['isolation'])
    const container: Guarantees = { ...LINUX, isolation: 'container' }
    expect(names(container, { systemCalls: 'allow-list' })).toEqual([])
    expect(names(container, { systemCalls: 'own-kernel' })).toEqual(['systemCalls'])
  })
})

describe('combineRequirements', () => {
  test('the stricter of each part holds, whichever comes first', () => {
    const one = { memory: 'cgroup', isolation: 'microvm', systemCalls: 'allow-list' } as const
    const other = { isolation: 'gvisor', systemCalls: 'own-kernel', cpu: undefined } as const
    const both = { memory: 'cgroup', isolation: 'microvm', systemCalls: 'own-kernel' }
    expect(combineRequirements(one, other)).toEqual(both)
    expect(combineRequirements(other, one)).toEqual({ ...both, cpu: undefined })
  })

  test('a demand cannot be taken back: only what can be demanded is well-formed', () => {
    for (const weaker of [
      { memory: 'rlimit' },
      { unprivilegedUser: false },
      { isolation: 'namespaces' },
      { speed: 1 },
    ]) {
      expect(requirementsSchema.safeParse(weaker).success).toBe(false)
    }
  })
})
