import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openLibrary } from '../../src/library/open-library.ts'
import { openStore } from '../../src/store/open-store.ts'
import { newTool } from '../library/support/library.ts'
import { createHome, runCli } from '../support/run-cli.ts'

let home: string
let server: Server
let requests: string[][]

beforeEach(async () => {
  home = createHome()
  requests = []
  // An embedding model for which everything about rain is the same, and nothing else is.
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const { input } = JSON.parse(body) as { input: string[] }
      requests.push(input)
      const data = input.map((text, index) => ({ object: 'embedding', index, embedding: toVector(text) }))
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ object: 'list', data, model: 'm', usage: { prompt_tokens: 9, total_tokens: 9 } }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const store = await openStore({ path: join(home, 'handaxe.db') })
  const library = openLibrary({ store })
  await library.save(newTool('umbrella_advice', { description: 'Tells of rain.' }))
  for (let index = 0; index < 40; index += 1) await library.save(newTool(`gadget_${index}`))
  await store.close()
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(home, { recursive: true, force: true })
})

function toVector(text: string): number[] {
  const vector = Array.from({ length: 32 }, (_, index) => (text.charCodeAt(index % text.length) * (index + 3)) % 17)
  return /rain|regen/i.test(text) ? vector.map((_, index) => (index === 0 ? 100 : 1)) : vector
}

test('with an embedding model configured the command line embeds the library and finds by meaning', async () => {
  const { port } = server.address() as AddressInfo
  const environment = {
    HANDAXE_EMBEDDING: 'openai/text-embedding-3-small',
    OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
    OPENAI_API_KEY: 'sk-test-0123456789',
  }
  const embedded = await runCli(home, ['tools', 'embed', '--json'], { environment })
  expect(embedded.exitCode).toBe(0)
  expect(JSON.parse(embedded.stdout)).toMatchObject({ model: environment.HANDAXE_EMBEDDING, embedded: 41 })
  const found = await runCli(home, ['tools', 'search', '--json', 'Regen'], { environment })
  expect((JSON.parse(found.stdout) as { name: string }[]).map(({ name }) => name)).toEqual(['umbrella_advice'])
  expect(requests.at(-1)).toEqual(['Regen'])
  const byWords = await runCli(home, ['tools', 'search', '--json', 'Regen'])
  expect(JSON.parse(byWords.stdout)).toEqual([])
  expect(byWords.stderr).toBe('')
})

test('a missing key is a warning that names the variable, and words find what they find', async () => {
  const found = await runCli(home, ['tools', 'search', '--json', 'umbrella advice'], {
    environment: { HANDAXE_EMBEDDING: 'openai/text-embedding-3-small' },
  })
  expect(found.exitCode).toBe(0)
  expect((JSON.parse(found.stdout) as { name: string }[])[0]?.name).toBe('umbrella_advice')
  expect(found.stderr).toContain('warning: Searching by words alone')
  expect(found.stderr).toContain('OPENAI_API_KEY')
})

test('embedding without a model names the setting', async () => {
  const { exitCode, stderr } = await runCli(home, ['tools', 'embed'])
  expect(exitCode).toBe(2)
  expect(stderr).toContain('HANDAXE_EMBEDDING')
})
