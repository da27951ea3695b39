import { expect } from 'vitest'
import { errorOf, type Attack } from '../../support/attack.ts'

/** Section N, what a container shows of the network that it has not. */
export const NETWORK_IN_CONTAINER: Attack[] = [
  {
    id: 'N6',
    title: 'no socket of the host is there',
    code: errorOf(
      ...[
        '/var/run/docker.sock',
        '/run/dbus/system_bus_socket',
        '/tmp/.X11-unix/X0',
        '/run/containerd/containerd.sock',
      ].map((path) => `os.stat('${path}')`),
    ),
    expect: (result) => expect(result.value).toEqual(Array(4).fill('ENOENT')),
  },
  {
    id: 'N8',
    title: 'there is no interface but the loopback',
    code: "result([line.split(':')[0].strip() for line in open('/proc/net/dev') if ':' in line])\n",
    expect: (result) => expect(result.value).toEqual(['lo']),
  },
]
