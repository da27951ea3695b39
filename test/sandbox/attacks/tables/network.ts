import { expect } from 'vitest'
import { errorOf, type Attack } from '../../support/attack.ts'

const families = ['AF_NETLINK', 'AF_PACKET', 'AF_VSOCK', 'AF_ALG', 'AF_CAN', 'AF_TIPC', 'AF_RDS', 'AF_BLUETOOTH']

/** A server of the host that must not be reached. */
export interface Bystander {
  readonly port: number
  readonly connections: number
}

/** Section N, as far as it is about executions without a network. */
export const networkAttacks = (service: Bystander): Attack[] => [
  {
    id: 'N1',
    title: 'no TCP connection',
    code: errorOf(
      "socket.create_connection(('1.1.1.1', 443), 1)",
      "socket.socket(socket.AF_INET6).connect(('2606:4700:4700::1111', 443))",
    ),
    expect: (result) => expect(result.value).toEqual(['EPERM', 'EPERM']),
    withinMs: 2_000,
  },
  {
    id: 'N2',
    title: 'no datagram and no look-up of a name',
    code: errorOf(
      'socket.socket(socket.AF_INET, socket.SOCK_DGRAM)',
      "socket.getaddrinfo('example.com', 443)",
      "__import__('urllib.request').request.urlopen('http://example.com', timeout=1)",
    ),
    expect(result) {
      expect(result.value).toHaveLength(3)
      for (const outcome of result.value as string[]) expect(outcome).not.toMatch(/^no error/)
    },
    withinMs: 2_000,
  },
  {
    id: 'N3',
    title: 'no raw socket',
    code: errorOf(
      'socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)',
      'socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)',
    ),
    expect: (result) => expect(result.value).toEqual(['EPERM', 'EPERM']),
  },
  {
    id: 'N4',
    title: 'services of the host on 127.0.0.1 are not reached',
    get code() {
      return errorOf(`socket.create_connection(('127.0.0.1', ${service.port}), 1)`)
    },
    expect(result) {
      expect(result.value).toEqual(['EPERM'])
      expect(service.connections).toBe(0)
    },
  },
  {
    id: 'N4',
    title: 'services of the host are not reached from JavaScript',
    language: 'javascript',
    get code() {
      return `
import { connect } from 'node:net'
const outcome = await new Promise((resolve) => {
  connect(${service.port}, '127.0.0.1').on('connect', () => resolve('connected')).on('error', (error) => resolve(error.code))
})
const fetched = await fetch('http://127.0.0.1:${service.port}').then(() => 'fetched', () => 'failed')
result([outcome, fetched])
`
    },
    expect(result) {
      expect(result.value).toEqual(['EPERM', 'failed'])
      expect(service.connections).toBe(0)
    },
  },
  {
    id: 'N6',
    title: 'sockets of the host are neither there nor possible, pairs are',
    code: errorOf(
      'socket.socket(socket.AF_UNIX)',
      "os.stat('/var/run/docker.sock')",
      "os.stat('/run/host/socket')",
      "os.stat('/run/dbus')",
      'len(socket.socketpair())',
      'socket.socketpair(socket.AF_INET)',
    ),
    expect: (result) =>
      expect((result.value as string[]).slice(0, 5)).toEqual(['EPERM', 'ENOENT', 'ENOENT', 'ENOENT', 'no error: 2']),
  },
  {
    id: 'N7',
    title: 'a datagram pair cannot be turned towards another address',
    code: `
import socket
one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
found = []
for act in (lambda: one.bind('\\0name'), lambda: one.connect('\\0name'), lambda: one.sendto(b'x', '\\0name'), lambda: one.listen()):
    try:
        act(); found.append('no error')
    except OSError as error:
        found.append(error.errno)
result(found)
`,
    expect(result) {
      const [bind, connect, send, listen] = result.value as number[]
      expect([bind, connect, listen]).toEqual([1, 1, 1])
      expect(send).not.toBe('no error')
    },
  },
  {
    id: 'N8',
    title: 'no other family of sockets',
    code: errorOf(...families.map((name) => `socket.socket(getattr(socket, '${name}', 40), socket.SOCK_RAW)`)),
    expect: (result) => expect(result.value).toEqual(families.map(() => 'EPERM')),
  },
  {
    id: 'N9',
    title: 'no io_uring',
    code: errorOf('call(425, 8, 0)', 'call(426, 0, 0, 0, 0, 0)', 'call(427, 0, 0, 0, 0)'),
    expect: (result) => expect(result.value).toEqual(['EPERM', 'EPERM', 'EPERM']),
  },
]
