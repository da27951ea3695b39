import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createNameServerResolver } from '../../../src/sandbox/egress/resolve-name.ts'

const A = 1
const AAAA = 28

interface NameServer {
  address: string
  /** Name and type of every question. */
  questions: string[]
}

type Zone = Record<string, { [A]?: string[]; [AAAA]?: string[] } | 'silent'>

/** A name server on 127.0.0.1 that knows these names; others do not exist. Addresses are given as hexadecimal digits. */
async function startNameServer(zone: Zone): Promise<NameServer> {
  const server = createSocket('udp4')
  const questions: string[] = []
  server.on('message', (query, from) => {
    const end = query.indexOf(0, 12)
    const name = readName(query.subarray(12, end))
    const type = query.readUInt16BE(end + 1)
    questions.push(`${name} ${type}`)
    const entry = zone[name]
    if (entry === 'silent') return
    const records = entry === undefined ? [] : (entry[type as typeof A | typeof AAAA] ?? [])
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(entry === undefined ? 0x8183 : 0x8180, 2)
    header.writeUInt16BE(records.length, 6)
    header.writeUInt32BE(0, 8)
    const answers = records.map((digits) => answer(type, Buffer.from(digits, 'hex')))
    server.send(Buffer.concat([header, query.subarray(12, end + 5), ...answers]), from.port, from.address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { address: `127.0.0.1:${server.address().port}`, questions }
}

function readName(bytes: Buffer): string {
  const labels: string[] = []
  for (let offset = 0; offset < bytes.length; offset += (bytes[offset] ?? 0) + 1) {
    labels.push(bytes.toString('latin1', offset + 1, offset + 1 + (bytes[offset] ?? 0)))
  }
  return labels.join('.').toLowerCase()
}

function answer(type: number, data: Buffer): Buffer {
  const head = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length])
  return Buffer.concat([head, data])
}

const patient = () => ({ signal: new AbortController().signal })

describe('a resolver that asks name servers', () => {
  test('gives all addresses of both families', async () => {
    const server = await startNameServer({
      'both.example.com': { [A]: ['5db8d822', '01010101'], [AAAA]: ['26064700000000000000000000001111'] },
    })
    const resolve = createNameServerResolver({ servers: [server.address] })
    const addresses = await resolve('both.example.com', patient())
    expect(addresses.sort()).toEqual(['1.1.1.1', '2606:4700::1111', '93.184.216.34'])
  })

  test('is content with one family', async () => {
    const server = await startNameServer({ 'four.example.com': { [A]: ['01010101'] } })
    const resolve = createNameServerResolver({ servers: [server.address] })
    expect(await resolve('four.example.com', patient())).toEqual(['1.1.1.1'])
  })

  test('rejects for a name that does not exist, and asks for no other in its place', async () => {
    const server = await startNameServer({})
    const resolve = createNameServerResolver({ servers: [server.address] })
    await expect(resolve('gone.example.com', patient())).rejects.toThrow('ENOTFOUND')
    expect(new Set(server.questions.map((question) => question.split(' ')[0]))).toEqual(new Set(['gone.example.com']))
  })

  test('gives up at once when it is told to', async () => {
    const server = await startNameServer({ 'slow.example.com': 'silent' })
    const resolve = createNameServerResolver({ servers: [server.address] })
    const controller = new AbortController()
    const startedAt = performance.now()
    const resolving = resolve('slow.example.com', { signal: controller.signal })
    setTimeout(() => controller.abort(), 50)
    await expect(resolving).rejects.toThrow('ECANCELLED')
    await expect(resolve('slow.example.com', { signal: controller.signal })).rejects.toThrow('aborted')
    expect(performance.now() - startedAt).toBeLessThan(8000)
  })
})
