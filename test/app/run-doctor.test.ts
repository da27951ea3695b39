import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../src/app/config.ts'
import { runDoctor, type DoctorReport } from '../../src/app/run-doctor.ts'
import type { AppSelection } from '../../src/app/open-app.ts'
import { describePostgres, startPostgres, type TestPostgres } from '../support/postgres.ts'
import { findPython } from '../support/python.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'handaxe-doctor-'))
})
const homes: string[] = []
afterAll(async () => {
  for (const folder of homes) await rm(folder, { recursive: true, force: true })
})

function examine(environment: Record<string, string> = {}, selection: AppSelection = {}): Promise<DoctorReport> {
  homes.push(home)
  const config = loadConfig({
    environment: {
      PATH: process.env['PATH'] ?? '',
      HANDAXE_HOME: home,
      HANDAXE_PYTHON: findPython() ?? '',
      // A port on which nobody listens: no test may find a real engine.
      DOCKER_HOST: 'tcp://127.0.0.1:1',
      ...environment,
    },
    workingFolder: home,
  })
  return runDoctor(config, selection)
}
const find = (report: DoctorReport, name: string) => report.checks.find((check) => check.name === name)

describe('the choice of a backend', () => {
  test('linux is used, why, and what the others lack without a remedy for what is not needed', async () => {
    const report = await examine()
    expect(report.choice).toMatchObject({ backend: 'linux', reason: expect.stringContaining('comes first') })
    expect(find(report, 'sandbox')).toMatchObject({ status: 'ok', detail: expect.stringMatching(/^linux: /) })
    expect(find(report, 'docker')).toMatchObject({
      status: 'info',
      detail: expect.stringContaining('No container engine answers'),
      remedy: null,
    })
    expect(find(report, 'e2b')).toMatchObject({ status: 'info', detail: expect.stringContaining('E2B_API_KEY') })
    expect(report.backends.map(({ backend, usable }) => [backend, usable])).toEqual([
      ['linux', true],
      ['docker', false],
      ['e2b', false],
    ])
    expect(report.healthy).toBe(true)
  })

  test('a library that cannot be made is a problem, not one that the first run will make', async () => {
    writeFileSync(join(home, 'file'), '')
    const report = await examine({ HANDAXE_STORE: join(home, 'file', 'below', 'handaxe.db') })
    expect(find(report, 'library')).toMatchObject({
      status: 'problem',
      detail: expect.stringContaining('cannot be made'),
      remedy: expect.stringContaining('HANDAXE_HOME'),
    })
    expect(report.healthy).toBe(false)
  })

  test('a demand that nothing here meets is a problem, with the reason of each backend', async () => {
    writeFileSync(join(home, 'config.json'), '{"sandbox": {"require": {"isolation": "microvm"}}}')
    const report = await examine()
    expect(report).toMatchObject({ healthy: false, guarantees: null, choice: { backend: null } })
    expect(find(report, 'execution')).toMatchObject({
      status: 'problem',
      detail: expect.stringContaining('isolation is namespaces, and microvm is required'),
      remedy: expect.stringContaining('E2B_API_KEY'),
    })
    expect(find(report, 'docker')).toMatchObject({ status: 'warning', remedy: expect.stringContaining('Docker') })
  })

  test('options say what would be used under them', async () => {
    const report = await examine({}, { backend: 'docker' })
    expect(report).toMatchObject({ healthy: false, choice: { backend: null } })
    expect(find(report, 'engine')).toMatchObject({ status: 'problem' })
    expect(find(report, 'bubblewrap')).toBeUndefined()
    expect(find(report, 'linux')).toMatchObject({ detail: 'could be used' })
  })

  test('without bubblewrap the remedy of each backend is named', async () => {
    mkdirSync(join(home, 'bin'))
    const report = await examine({ PATH: join(home, 'bin') })
    expect(report.healthy).toBe(false)
    expect(find(report, 'execution')?.remedy).toMatch(/apt-get install bubblewrap.*; or: .*Docker.*; or: .*E2B_API_KEY/)
  })
})

describePostgres('a library on PostgreSQL', () => {
  let server: TestPostgres
  beforeAll(async () => {
    server = await startPostgres()
  }, 60_000)
  afterAll(() => server.close())
  const library = async (address: string) => find(await examine({ HANDAXE_STORE: address }), 'library')

  test('is asked for its tools, and shown without its password', async () => {
    const check = await library(server.address({ schema: 'doctor' }))
    expect(check).toMatchObject({
      status: 'ok',
      detail: expect.stringMatching(/^postgres(?:ql)?:\/\/\w+@127\.0\.0\.1:\d+\/.*, 0 tools$/),
    })
  })

  test('that refuses the password is a problem with what to do, and the password is in neither', async () => {
    const check = await library(server.address({ password: 'hunter2-wrong' }))
    expect(check?.status).toBe('problem')
    expect(check?.remedy).toBeTruthy()
    expect(JSON.stringify(check)).not.toContain('hunter2')
  })

  test('that is not there is a problem, found in time', async () => {
    const startedAt = performance.now()
    const check = await library(server.address({ port: 1, password: 'hunter2' }))
    expect(check).toMatchObject({ status: 'problem', remedy: expect.any(String) })
    expect(JSON.stringify(check)).not.toContain('hunter2')
    expect(performance.now() - startedAt).toBeLessThan(60_000)
  })
})
