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

  test('the project can tighten what the user says, and the environment goes before both', () => {
    writeUser('{"make": "never", "budget": {"costUsd": 1, "modelCalls": 7}, "models": {"fast": "ollama/a"}}')
    writeProject('{"budget": {"costUsd": 2, "modelCalls": 3, "tokens": 900}}')
    const config = load({ HANDAXE_STORE: '/s/env.db', HANDAXE_MODEL: 'openai/x' })
    expect(config.budget).toMatchObject({ costUsd: 1, modelCalls: 3, tokens: 900, executions: 400 })
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
    expect(load().keepRequests).toBe(true)
    writeUser('{"keepRequests": false}')
    expect(errorOf(() => load()).message).toContain('handaxe.json: keepRequests: ')
  })

  test('calls are kept where the user’s own file says so, never by a project’s alone', () => {
    expect(load().keepCalls).toBe(false)
    writeProject('{"keepCalls": true}')
    expect(errorOf(() => load()).message).toContain('handaxe.json: keepCalls: ')
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
    ['{"store": "/tmp/elsewhere.db"}', 'store'],
    ['{"store": "elsewhere.db"}', 'store'],
    ['{"prices": {"openai/gpt-6-astra": {"inputUsd": 0, "outputUsd": 0, "date": "2026-01-01"}}}', 'prices'],
    ['{"models": {"strong": "openai/gpt-6-astra"}}', 'models'],
    ['{"models": {"fast": ["ollama/a", "office/b"]}}', 'models'],
    ['{"embedding": "openai/text-embedding-3-large"}', 'embedding'],
    ['{"budget": {"costUsd": 5.01}}', 'budget.costUsd'],
    ['{"budget": {"tokens": 1000001}}', 'budget.tokens'],
    ['{"budget": {"wallMs": 900001, "costUsd": 1}}', 'budget.wallMs'],
    ['{"limits": {"memoryBytes": 4294967296}}', 'limits.memoryBytes'],
    ['{"limits": {"processes": 65}}', 'limits.processes'],
    ['{"maxOutputTokens": {"fast": 64000}}', 'maxOutputTokens.fast'],
    ['{"modelTimeoutMs": 3600000}', 'modelTimeoutMs'],
    ['{"make": "always"}', 'make'],
    ['{"keepCalls": true}', 'keepCalls'],
  ])('a project may not say %s: it may be somebody else’s', (text, setting) => {
    writeProject(text)
    const error = errorOf(() => load())
    expect(error).toMatchObject({ code: 'invalid_configuration', hint: expect.stringContaining('config.json') })
    expect(error.message).toContain(`handaxe.json: ${setting}: `)
    expect(error.message).not.toContain('secret')
    writeProject('{}')
    writeUser(text)
    expect(load().sources).toHaveLength(2)
  })

  test('of two numbers the smaller one holds, of two words the stricter one', () => {
    writeUser(
      '{"budget": {"costUsd": 50, "tokens": 9000000}, "limits": {"wallMs": 90000}, "make": "always", "admission": "standard", "embedding": "ollama/x", "maxOutputTokens": {"strong": 40000, "fast": 500}, "modelTimeoutMs": 900000}',
    )
    writeProject(
      '{"budget": {"costUsd": 20, "tokens": 9999999, "executions": 10}, "limits": {"wallMs": 95000, "cpuMs": 1000}, "make": "auto", "admission": "thorough", "embedding": "none", "maxOutputTokens": {"strong": 30000, "reasoning": 8000}, "modelTimeoutMs": 600000}',
    )
    expect(load()).toMatchObject({
      budget: { costUsd: 20, tokens: 9_000_000, executions: 10, modelCalls: 40 },
      limits: { wallMs: 90_000, cpuMs: 1_000 },
      make: 'auto',
      admission: 'thorough',
      embedding: null,
      maxOutputTokens: { strong: 30_000, fast: 500, reasoning: 8_000 },
      modelTimeoutMs: 600_000,
    })
    writeUser('{"make": "never", "admission": "thorough", "embedding": "none"}')
    writeProject('{"make": "auto", "admission": "standard"}')
    expect(load()).toMatchObject({ make: 'never', admission: 'thorough', embedding: null })
  })

  test.each([
    ['docker', 'linux'],
    ['docker', 'auto'],
    ['e2b', 'linux'],
    ['e2b', 'docker'],
  ])('a project may not take the backend %s away by %s', (own, theirs) => {
    writeUser(JSON.stringify({ sandbox: { backend: own } }))
    writeProject(JSON.stringify({ sandbox: { backend: theirs } }))
    expect(errorOf(() => load()).message).toContain('sandbox.backend')
    writeProject(JSON.stringify({ sandbox: { backend: own } }))
    expect(load().sandbox.backend).toBe(own)
  })

  test('the configuration goes to the gateway: limits of replies by tier', async () => {
    writeUser('{"maxOutputTokens": {"fast": 700}}')
    expect(load().maxOutputTokens).toEqual({ fast: 700 })
    expect(load().modelTimeoutMs).toBeNull()
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
