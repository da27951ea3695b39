import { createServer, type AddressInfo } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import type { Bystander } from '../attacks/tables/network.ts'

/** A server on 127.0.0.1 for the tests of a file, which counts who reaches it. */
export function openBystander(): Bystander {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return {
    get port() {
      return (server.address() as AddressInfo).port
    },
    get connections() {
      return connections
    },
  }
}
