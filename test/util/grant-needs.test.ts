import { describe, expect, test } from 'vitest'
import { NO_NEEDS } from '../../src/contracts/tool.ts'
import { grantNeeds } from '../../src/util/grant-needs.ts'

describe('what an execution of a tool gets', () => {
  test('is nothing where its version needs nothing', () => {
    expect(grantNeeds({ needs: NO_NEEDS })).toEqual({})
    expect(grantNeeds({})).toEqual({})
  })

  test('is the environment and the hosts that its version names, and no host function', () => {
    const needs = {
      packages: ['x'],
      environment: 'finance',
      network: [{ host: 'api.example.com' }],
      hostFunctions: ['f'],
    }
    expect(grantNeeds({ needs })).toEqual({
      environment: 'finance',
      network: { mode: 'allow-list', hosts: [{ host: 'api.example.com' }] },
    })
  })
})
