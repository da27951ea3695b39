import { describe, expect, test } from 'vitest'
import { executionOptions } from '../../src/cli/execution-options.ts'
import { sandboxSelection } from '../../src/cli/sandbox-options.ts'
import type { OptionValues } from '../../src/cli/command.ts'
import { HandaxeError } from '../../src/contracts/errors.ts'

const read = (options: OptionValues, environment: Record<string, string> = {}) =>
  executionOptions({ options, environment })

function errorOf(action: () => unknown): HandaxeError {
  try {
    action()
  } catch (error) {
    if (HandaxeError.isInstance(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('executionOptions', () => {
  test('nothing asked for is nothing given: above all no network', () => {
    expect(read({})).toEqual({ limits: {} })
  })

  test('hosts with and without a port, and secrets from the environment', () => {
    const { network } = read(
      {
        network: ['api.example.com', 'api.example.com:8443', '*.example.org'],
        secret: ['api.example.com:X-Key=KEY', 'api.example.com:8443:Authorization=TOKEN'],
      },
      { KEY: 'k1', TOKEN: 'Bearer t2' },
    )
    expect(network).toEqual({
      mode: 'allow-list',
      hosts: [{ host: 'api.example.com' }, { host: 'api.example.com', port: 8443 }, { host: '*.example.org' }],
      secrets: [
        { host: 'api.example.com', header: 'X-Key', value: 'k1' },
        { host: 'api.example.com', port: 8443, header: 'Authorization', value: 'Bearer t2' },
      ],
    })
  })

  test.each(['https://api.example.com', 'api.example.com/path', 'a b', '', ':80', 'x:99999', 'x:0', 'user@x.com'])(
    'no host: %j',
    (host) => {
      expect(errorOf(() => read({ network: [host] })).code).toBe('invalid_request')
    },
  )

  test('a secret given in the place of its variable is not repeated', () => {
    for (const given of ['sk-live-1234567890', 'sklive1234567890', 'a=b', '']) {
      const error = errorOf(() => read({ secret: [`api.example.com:Authorization=${given}`] }))
      expect(error.code).toBe('invalid_request')
      if (given !== '') expect(`${error.message} ${error.hint} ${JSON.stringify(error.details)}`).not.toContain(given)
    }
    expect(errorOf(() => read({ secret: ['api.example.com:X=EMPTY'] }, { EMPTY: '' })).message).toContain('not set')
    expect(errorOf(() => read({ secret: ['sk-live-1'] })).message).not.toContain('sk-live-1')
  })

  test('limits by name, bytes with a factor', () => {
    expect(read({ limit: ['processes=8', 'artifactBytes=1G', 'outputBytes=64k'], 'memory-mb': '64' }).limits).toEqual({
      memoryBytes: 64 * 2 ** 20,
      processes: 8,
      artifactBytes: 2 ** 30,
      outputBytes: 2 ** 16,
    })
    expect(read({ 'timeout-ms': '500' }).limits).toEqual({ wallMs: 500, cpuMs: 500 })
    for (const wrong of ['processes', 'processes=8k', 'speed=1', 'processes=-1', 'processes=1e9', 'toString=1']) {
      expect(errorOf(() => read({ limit: [wrong] })).hint, wrong).toContain('processes')
    }
  })

  test('a call takes its arguments as JSON', () => {
    expect(read({ call: 'main', arguments: '{"a": [1]}' }).call).toEqual({ function: 'main', arguments: { a: [1] } })
    expect(read({ call: 'main' }).call).toEqual({ function: 'main', arguments: {} })
    expect(errorOf(() => read({ call: 'main', arguments: '[1]' })).code).toBe('invalid_arguments')
    expect(errorOf(() => read({ call: 'main', arguments: '{' })).code).toBe('invalid_arguments')
    expect(errorOf(() => read({ arguments: '{}' })).message).toContain('--call')
  })
})

describe('sandboxSelection', () => {
  test('the backend and what it must enforce', () => {
    expect(sandboxSelection({})).toEqual({})
    expect(
      sandboxSelection({ backend: 'docker', require: ['memory=cgroup', 'unprivilegedUser', 'isolation=gvisor'] }),
    ).toEqual({ backend: 'docker', require: { memory: 'cgroup', unprivilegedUser: true, isolation: 'gvisor' } })
  })

  test.each(['memory', 'memory=rlimit', 'memory=', 'speed=fast', 'unprivilegedUser=no', ''])(
    'no demand: %j',
    (required) => {
      expect(errorOf(() => sandboxSelection({ require: [required] })).hint).toContain('memory=cgroup')
    },
  )
})
