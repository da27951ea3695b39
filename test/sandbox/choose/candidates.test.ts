import { expect, test } from 'vitest'
import type { SandboxOptions } from '../../../src/sandbox/open-sandbox.ts'
import { listCandidates } from '../../../src/sandbox/choose/candidates.ts'

const BASE: SandboxOptions = { pythonPath: null, stateFolder: '/nowhere' }
const list = (options: Partial<SandboxOptions>) =>
  listCandidates({ ...BASE, ...options }).map(({ backend, excluded, options: { docker } }) => ({
    backend,
    tried: excluded === null,
    runtime: docker?.runtime,
  }))

test('by itself: linux, then docker, then e2b where a key is set', () => {
  expect(list({}).map(({ backend, tried }) => [backend, tried])).toEqual([
    ['linux', true],
    ['docker', true],
    ['e2b', false],
  ])
  expect(list({ environment: { E2B_API_KEY: 'e2b_0' } }).at(-1)).toMatchObject({ backend: 'e2b', tried: true })
  expect(list({ environment: { E2B_API_KEY: '' } }).at(-1)).toMatchObject({ backend: 'e2b', tried: false })
})

test('a backend asked for by name is the only one', () => {
  expect(list({ backend: 'docker' })).toEqual([{ backend: 'docker', tried: true, runtime: undefined }])
})

test('what a backend can never give is not opened to find that out', () => {
  expect(list({ require: { isolation: 'gvisor' } }).map(({ tried }) => tried)).toEqual([false, true, false])
  const withKey = { environment: { E2B_API_KEY: 'e2b_0' } }
  expect(list({ require: { isolation: 'microvm' }, ...withKey }).map(({ tried }) => tried)).toEqual([
    false,
    false,
    true,
  ])
  expect(list({ require: { memory: 'cgroup', cpu: 'cgroup' } }).map(({ tried }) => tried)).toEqual([true, true, false])
})

test('docker gets the runtime that the demand needs, unless one is configured', () => {
  expect(list({ backend: 'docker', require: { systemCalls: 'own-kernel' } })[0]?.runtime).toBe('runsc')
  expect(list({ backend: 'docker', require: { isolation: 'gvisor' }, docker: { runtime: 'kata' } })[0]?.runtime).toBe(
    'kata',
  )
  expect(list({ backend: 'docker', require: { memory: 'cgroup' } })[0]?.runtime).toBeUndefined()
  // Every container has the allow-list.
  expect(list({ backend: 'docker', require: { systemCalls: 'allow-list' } })[0]?.runtime).toBeUndefined()
})

test('e2b gets a cloud sandbox for each execution where bounds are demanded, unless another way is configured', () => {
  const perOf = (options: Partial<SandboxOptions>) =>
    listCandidates({ ...BASE, backend: 'e2b', environment: { E2B_API_KEY: 'e2b_0' }, ...options })[0]?.options.e2b
  expect(perOf({ require: { memory: 'cgroup' } })).toEqual({ sandboxPer: 'execution' })
  expect(perOf({ require: { cpu: 'cgroup' }, e2b: { template: 'mine', sandboxPer: 'session' } })).toEqual({
    template: 'mine',
    sandboxPer: 'session',
  })
  expect(perOf({ require: { isolation: 'microvm' } })).toBeUndefined()
})
