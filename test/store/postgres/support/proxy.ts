import { createServer, connect, type AddressInfo, type Socket } from 'node:net'

/** What becomes of a piece of data that a client sends. */
export type Verdict =
  | 'pass'
  /** The connection ends, and the server never sees it. */
  | 'cut'
  /** The server sees it, and the connection ends before the client sees the answer. */
  | 'cut-answer'
  /** Nothing goes through any more, and nothing ends. */
  | 'freeze'

export interface Proxy {
  readonly port: number
  /** Asked for every piece; at first everything passes. */
  judge: (data: Buffer) => Verdict
  /** New connections are refused from now on. */
  refuse: boolean
  connections: number
  close(): Promise<void>
}

/** A wire to a server on 127.0.0.1 that can be cut at a chosen moment. */
export async function openProxy(targetPort: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    if (proxy.refuse) {
      client.destroy()
      return
    }
    proxy.connections += 1
    const upstream = connect(targetPort, '127.0.0.1')
    const cut = (): void => {
      client.destroy()
      upstream.destroy()
    }
    let frozen = false
    let answerIsCut = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      // Ends of the one are ends of the other; errors are what this is for.
      socket.on('error', cut).on('close', () => {
        sockets.delete(socket)
        if (!frozen) cut()
      })
    }
    client.on('data', (data) => {
      const verdict = frozen ? 'freeze' : proxy.judge(data)
      if (verdict === 'cut') cut()
      if (verdict === 'freeze') frozen = true
      if (verdict === 'cut-answer') answerIsCut = true
      if (verdict === 'pass' || verdict === 'cut-answer') upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (answerIsCut) cut()
      else if (!frozen) client.write(data)
    })
  })
  const proxy: Proxy = {
    port: 0,
    judge: () => 'pass',
    refuse: false,
    connections: 0,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(proxy, { port: (server.address() as AddressInfo).port })
}

/** Judges the first piece that holds the text, and lets all others pass. */
export function once(text: string, verdict: Verdict): (data: Buffer) => Verdict {
  let done = false
  return (data) => {
    if (done || !data.includes(text)) return 'pass'
    done = true
    return verdict
  }
}
