import { afterAll, beforeAll, describe, expect } from 'vitest'
import type { TestSandbox } from '../../support/open-test-sandbox.ts'
import { FILES } from '../attacks/tables/files.ts'
import { KERNEL } from '../attacks/tables/kernel.ts'
import { PROCESSES } from '../attacks/tables/processes.ts'
import { PROTOCOL } from '../attacks/tables/protocol.ts'
import { SECRETS } from '../attacks/tables/secrets.ts'
import { errorOf, testAttacks, type Attack } from '../support/attack.ts'
import { ALIKE_IN_CONTAINER } from './support/alike-in-container.ts'
import { DOCKER_HOST } from './support/docker-host.ts'
import { hasEngine, openTestDocker, WITHOUT_ENGINE } from './support/engine.ts'

/** The engine needs more time than a process to end one execution and to say how it ended. */
const LONGER = 5

const shared: Attack[] = [...FILES, ...PROCESSES, ...KERNEL, ...PROTOCOL, ...SECRETS]
  .filter(({ id }) => ALIKE_IN_CONTAINER.includes(id))
  .map((attack) =>
    attack.withinMs === undefined ? attack : Object.create(attack, { withinMs: { value: attack.withinMs * LONGER } }),
  )

/** Sockets can be made in a container: they lead nowhere. */
const network: Attack[] = [
  {
    id: 'N2',
    title: 'no datagram leaves, no name is looked up',
    code: errorOf(
      "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('8.8.8.8', 53))",
      "socket.getaddrinfo('example.com', 443)",
    ),
    expect: (result) => expect(result.value).toEqual(['ENETUNREACH', expect.stringMatching(/gaierror|EAI|-\d/)]),
  },
  {
    id: 'N3',
    title: 'nothing raw, and no echo request leaves',
    code: errorOf(
      'socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)',
      'socket.socket(socket.AF_PACKET, socket.SOCK_RAW)',
      "socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).sendto(b'x' * 16, ('1.1.1.1', 0))",
    ),
    expect(result) {
      expect(result.value).toEqual(['EPERM', 'EPERM', expect.stringMatching(/^E(?:NETUNREACH|ACCES|PERM|INVAL)$/)])
    },
  },
  {
    id: 'N6',
    title: 'no socket of the host is there',
    code: errorOf(
      ...[
        '/var/run/docker.sock',
        '/run/dbus/system_bus_socket',
        '/tmp/.X11-unix/X0',
        '/run/containerd/containerd.sock',
      ].map((path) => `socket.socket(socket.AF_UNIX).connect('${path}')`),
    ),
    expect: (result) => expect(result.value).toEqual(Array(4).fill('ENOENT')),
  },
  {
    id: 'N7',
    title: 'nobody listens at an abstract name',
    code: errorOf("socket.socket(socket.AF_UNIX).connect('\\0/tmp/.X11-unix/X0')"),
    expect: (result) => expect(result.value).toEqual(['ECONNREFUSED']),
  },
  {
    id: 'N8',
    title: 'there is no interface but the loopback, and no family that leads out',
    code: errorOf(
      'socket.if_nameindex()',
      'socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM).connect((2, 1024))',
      'socket.socket(socket.AF_CAN, socket.SOCK_RAW)',
      'socket.socket(30, socket.SOCK_RAW)',
    ),
    expect(result) {
      const [interfaces, ...families] = result.value as string[]
      expect(interfaces).toBe("no error: [(1, 'lo')]")
      for (const outcome of families) expect(outcome).not.toMatch(/^no error/)
    },
  },
]

describe.skipIf(!hasEngine)(`attacks that end in a container as everywhere (${WITHOUT_ENGINE})`, () => {
  let opened: TestSandbox
  beforeAll(async () => {
    opened = await openTestDocker({ idlePython: 1, idleJavascript: 0 })
  })
  afterAll(() => opened.close())
  testAttacks(() => opened, [...shared, ...network], DOCKER_HOST)
})
