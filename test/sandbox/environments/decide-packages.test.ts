import { describe, expect, test } from 'vitest'
import { decidePackages } from '../../../src/sandbox/environments/decide-packages.ts'

const asked = ['Tabulate>=0.9', 'polars']

describe('the policy for packages', () => {
  test('asks by default where a person is there', () => {
    expect(decidePackages(undefined, asked, { interactive: true })).toEqual({
      allowed: [],
      refused: [],
      toAsk: ['tabulate>=0.9', 'polars'],
      warnings: [],
    })
  })

  test('refuses everything where it would have to ask and nobody is there', () => {
    const { refused, toAsk, allowed } = decidePackages('ask', asked, { interactive: false })
    expect(refused.map((one) => one.package)).toEqual(['tabulate>=0.9', 'polars'])
    expect(refused[0]?.reason).toContain('nobody can be asked')
    expect([...toAsk, ...allowed]).toEqual([])
  })

  test('none refuses everything, whoever is there', () => {
    const { refused, toAsk } = decidePackages('none', asked, { interactive: true })
    expect(refused).toHaveLength(2)
    expect(toAsk).toEqual([])
  })

  test('an allow-list compares names as the registry does, in every version and with extras, and never asks', () => {
    const policy = { allow: ['TABULATE', 'ruamel_yaml'] }
    const decision = decidePackages(policy, ['tabulate==0.9.0', 'Ruamel.YAML[x]', 'polars'], { interactive: true })
    expect(decision.allowed).toEqual(['tabulate==0.9.0', 'ruamel-yaml[x]'])
    expect(decision.refused).toEqual([{ package: 'polars', reason: 'it is not on the list of allowed packages' }])
    expect(decision.toAsk).toEqual([])
  })

  test('an empty allow-list allows nothing', () => {
    expect(decidePackages({ allow: [] }, ['x'], { interactive: true }).refused).toHaveLength(1)
  })

  test('names the allowed package that was probably meant', () => {
    const { refused } = decidePackages({ allow: ['tabulate'] }, ['tabulat'], { interactive: false })
    expect(refused[0]?.reason).toContain("'tabulate' is")
  })

  test.each(['tabulate @ https://example.invalid/x.whl', '--pre', '../x', 'x; rm -rf /', '\u001b[2Jx'])(
    'refuses %j under every policy, without its control characters',
    (hostile) => {
      for (const policy of ['ask', 'none', { allow: ['tabulate'] }] as const) {
        const decision = decidePackages(policy as never, [hostile], { interactive: true })
        expect(decision.refused).toHaveLength(1)
        expect([...decision.allowed, ...decision.toAsk]).toEqual([])
        expect(JSON.stringify(decision)).not.toMatch(/\\u001b/)
      }
    },
  )

  test('warns of a name that imitates a well-known one, and of a module given for its package', () => {
    const { warnings, toAsk } = decidePackages('ask', ['reqeusts', 'sklearn', 'tabulate'], { interactive: true })
    expect(warnings.map((one) => one.message)).toEqual([
      "'reqeusts' is not the well-known 'requests': make sure that it is meant",
      "'sklearn' is not the well-known 'scikit-learn': make sure that it is meant",
    ])
    expect(toAsk).toHaveLength(3)
  })

  test('npm names are compared with their scope', () => {
    const options = { interactive: false, language: 'javascript' } as const
    const decision = decidePackages({ allow: ['@scope/name'] }, ['@scope/name@^1', 'name', '@other/name'], options)
    expect(decision.allowed).toEqual(['@scope/name@^1'])
    expect(decision.refused.map((one) => one.package)).toEqual(['name', '@other/name'])
  })

  test.each(['pandas<3', 'requests[socks]', '*', ''])(
    'an allow-list with %j in it is a fault of the configuration',
    (entry) => {
      expect(() => decidePackages({ allow: [entry] }, ['x'], { interactive: false })).toThrow(
        expect.objectContaining({ code: 'invalid_configuration' }),
      )
    },
  )
})
