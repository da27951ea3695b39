import { describe, expect, test } from 'vitest'
import { mergeSandboxSettings } from '../../src/app/sandbox-policy.ts'
import { configFileSchema } from '../../src/contracts/config.ts'
import type { SandboxSettings } from '../../src/contracts/policy.ts'

const merge = (own: SandboxSettings = {}, project: SandboxSettings = {}) =>
  mergeSandboxSettings({ own, project }, undefined)

describe('mergeSandboxSettings', () => {
  test('without settings: any backend, no demand, the user is asked for packages', () => {
    expect(merge()).toEqual({ backend: 'auto', require: {}, packages: 'ask', network: [], docker: {}, e2b: {} })
  })

  test('a project chooses the backend, and HANDAXE_SANDBOX before it', () => {
    expect(merge({ backend: 'linux' }, { backend: 'docker' }).backend).toBe('docker')
    expect(mergeSandboxSettings({ project: { backend: 'docker' } }, 'e2b').backend).toBe('e2b')
    expect(mergeSandboxSettings({ project: { backend: 'docker' } }, '').backend).toBe('docker')
    expect(() => mergeSandboxSettings({}, 'host')).toThrow(
      expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining('linux, docker') }),
    )
  })

  test('a project can demand more than the user, never less', () => {
    expect(merge({ require: { memory: 'cgroup', isolation: 'gvisor' } }, { require: {} }).require).toEqual({
      memory: 'cgroup',
      isolation: 'gvisor',
    })
    expect(merge({ require: { isolation: 'gvisor' } }, { require: { isolation: 'microvm' } }).require).toEqual({
      isolation: 'microvm',
    })
    expect(merge({ require: { isolation: 'microvm' } }, { require: { isolation: 'gvisor' } }).require).toEqual({
      isolation: 'microvm',
    })
  })

  test.each<[SandboxSettings['packages'], SandboxSettings['packages'], unknown]>([
    ['none', 'ask', 'none'],
    ['none', ['tabulate'], 'none'],
    ['ask', 'none', 'none'],
    [['tabulate'], 'ask', { allow: ['tabulate'] }],
    [['Tab_ulate', 'idna'], ['tab-ulate', 'evil'], { allow: ['tab-ulate'] }],
    ['ask', ['idna'], 'ask'],
    [undefined, ['idna'], 'ask'],
    [['idna'], undefined, { allow: ['idna'] }],
    [undefined, undefined, 'ask'],
  ])('packages: the user says %j, the project %j', (user, project, expected) => {
    expect(merge({ packages: user }, { packages: project }).packages).toEqual(expected)
  })

  test('ceilings of networks are kept side by side: all of them hold', () => {
    expect(merge({ network: { deny: ['evil.com'] } }, { network: 'none' }).network).toEqual([
      { deny: ['evil.com'] },
      { allow: [] },
    ])
  })
})

test.each([
  { sandbox: { backend: 'host' } },
  { sandbox: { require: { memory: 'rlimit' } } },
  { sandbox: { require: { memmory: 'cgroup' } } },
  { sandbox: { packages: 'all' } },
  { sandbox: { packages: { allow: ['x'] } } },
  { sandbox: { network: 'all' } },
  { sandbox: { network: { hosts: [] } } },
  { sandbox: { docker: { socket: '/x' } } },
])('the configuration file refuses %j', (file) => {
  expect(configFileSchema.safeParse(file).success).toBe(false)
})
