import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/app/config.ts'
import { HandaxeError } from '../../src/contracts/errors.ts'

let home: string
let project: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'handaxe-config-'))
  project = join(home, 'project')
  mkdirSync(project)
})

const load = (environment: Record<string, string> = {}) =>
  loadConfig({ environment: { HANDAXE_HOME: home, ...environment }, workingFolder: project })
const writeUser = (text: string) => writeFileSync(join(home, 'config.json'), text)
const writeProject = (text: string) => writeFileSync(join(project, 'handaxe.json'), text)

function errorOf(action: () => unknown): HandaxeError {
  try {
    action()
  } catch (error) {
    if (HandaxeError.isInstance(error)) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('loadConfig', () => {
  test('without any file the defaults hold', () => {
    const config = load()
    expect(config.sources).toEqual([])
    expect(config.make).toBe('auto')
    expect(config.budget.modelCalls).toBe(40)
    expect(config.storePath).toBe(join(home, 'handaxe.db'))
  })

  test('the project overrides the user, and the environment both', () => {
    writeUser('{"make": "never", "budget": {"costUsd": 1, "modelCalls": 7}, "models": {"fast": "ollama/a"}}')
    writeProject('{"budget": {"costUsd": 2}, "store": "/s/project.db"}')
    const config = load({ HANDAXE_STORE: '/s/env.db', HANDAXE_MODEL: 'openai/x' })
    expect(config.budget).toMatchObject({ costUsd: 2, modelCalls: 7 })
    expect(config.make).toBe('never')
    expect(config.storePath).toBe('/s/env.db')
    expect(config.models.fast).toEqual(['openai/x'])
    expect(config.sources).toHaveLength(2)
  })

  test('requests are kept in the tools that are made for them, until the user’s file or a project’s says no', () => {
    expect(load().keepRequests).toBe(true)
    writeProject('{"keepRequests": false}')
    expect(load().keepRequests).toBe(false)
    writeProject('{"keepRequests": true}')
    writeUser('{"keepRequests": false}')
    expect(load().keepRequests).toBe(false)
  })

  test('calls are kept where the user’s own file says so, never by a project’s alone', () => {
    expect(load().keepCalls).toBe(false)
    writeProject('{"keepCalls": true}')
    expect(load().keepCalls).toBe(false)
    writeUser('{"keepCalls": true}')
    expect(load().keepCalls).toBe(true)
    writeProject('{"keepCalls": false}')
    expect(load().keepCalls).toBe(false)
  })

  test('a home that is given takes the place of the user’s folders', () => {
    const elsewhere = join(home, 'elsewhere')
    const config = loadConfig({ environment: { HANDAXE_HOME: home }, workingFolder: project, home: elsewhere })
    expect(config.storePath).toBe(join(elsewhere, 'handaxe.db'))
    expect(config.environment['HANDAXE_HOME']).toBe(elsewhere)
  })

  test.each([
    ['{"python": "./bin/python"}', 'python'],
    ['{"providers": {"openai": {"baseUrl": "https://elsewhere.example/v1"}}}', 'providers'],
    ['{"store": "postgres://user:secret@elsewhere.example/x"}', 'store'],
    ['{"sandbox": {"docker": {"image": "someone/image"}}}', 'sandbox.docker'],
    ['{"sandbox": {"e2b": {"template": "someone-elses"}}}', 'sandbox.e2b'],
    ['{"sandbox": {"backend": "e2b"}}', 'sandbox.backend'],
  ])('a project may not say %s: it may be somebody else’s', (text, setting) => {
    writeProject(text)
    const error = errorOf(() => load())
    expect(error).toMatchObject({ code: 'invalid_configuration', hint: expect.stringContaining('config.json') })
    expect(error.message).toMatch(new RegExp(`handaxe\\.json: ${setting}: `))
    expect(error.message).not.toContain('secret')
    writeProject('{}')
    writeUser(text)
    expect(load().sources).toHaveLength(2)
  })

  test('a byte order mark does no harm', () => {
    writeUser('\uFEFF{"make": "always"}')
    expect(load().make).toBe('always')
  })

  test.each([
    ['', /not valid JSON/],
    ['{"make": ', /not valid JSON/],
    ['{"make": "sometimes"}', /make/],
    ['{"bugdet": {}}', /bugdet/],
    ['{"budget": {"costUsd": -1}}', /budget\.costUsd/],
    ['[]', /top level/],
    ['{"providers": {"own": {"baseUrl": "not a url"}}}', /providers\.own\.baseUrl/],
  ])('%s is refused, naming the file and the place', (text, problem) => {
    writeUser(text)
    const error = errorOf(() => load())
    expect(error.code).toBe('invalid_configuration')
    expect(error.message).toMatch(problem)
    expect(error.message).toContain('config.json')
  })

  test.skipIf(process.getuid?.() === 0)(
    'a file that may not be read is an error, not silently left out (root can read all)',
    () => {
      writeUser('{}')
      chmodSync(join(home, 'config.json'), 0)
      expect(errorOf(() => load()).code).toBe('invalid_configuration')
    },
  )
})
