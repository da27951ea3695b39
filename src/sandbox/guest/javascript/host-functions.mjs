/**
 * Functions of the host, called over the control connection: what `import … from 'host'` gives. The host checks all of
 * it. The bounds are kept here as well, so that a program gets an error of its own; the host ends what goes beyond them.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { decodeValue, encodeValue } from './encode-value.mjs'
import { CONTROL, writeFrame } from './frames.mjs'
import { byteLength, bytesToText, jsonParse } from './intrinsics.mjs'
import { camelCase } from './tool-modules.mjs'

const FOLDER = '/box/node_modules/host'

export class HostError extends Error {
  constructor(message, code = 'failed') {
    super(message)
    this.name = 'HostError'
    this.code = code
  }
}

/** Null until functions are offered, and always in workers, which have this module for themselves. */
let channel = null

/** Writes the module. `functions` are `{ name, description }`. */
export function writeHostModule(functions, limits) {
  channel = { limits, socket: openSocket(), received: Buffer.alloc(0), calls: new Map(), unsent: [], inFlight: 0 }
  Object.assign(channel, { count: 0, bytes: 0 })
  const local = functions.map(({ name }, index) => `const $${index} = (input = {}) => callHost('${name}', input)`)
  const pairs = new Map()
  functions.forEach(({ name }, index) => pairs.set(camelCase(name), `$${index}`).set(name, `$${index}`))
  const names = [...pairs].map(([name, value]) => `${value} as ${name}`)
  const all = [...pairs].map(([name, value]) => `${name}: ${value}`)
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(`${FOLDER}/package.json`, '{"type":"module","exports":"./index.mjs"}')
  const lines = [
    `import { callHost, HostError } from '${import.meta.url}'`,
    ...local,
    `const host = { ${[...all, 'HostError'].join(', ')} }`,
    `export { ${[...names, 'HostError', 'host', 'host as default'].join(', ')} }`,
  ]
  writeFileSync(`${FOLDER}/index.mjs`, lines.join('\n'))
}

/** Resolves with what the function of the host gives; rejects with a `HostError`. */
export async function callHost(name, input) {
  if (channel === null) throw new HostError('the host can be called from the main thread only', 'wrong-thread')
  const { limits, calls, unsent } = channel
  if (channel.count >= limits.calls) {
    throw new HostError(`the limit of ${limits.calls} calls of the host is reached`, 'call-limit')
  }
  const left = limits.inputBytes - channel.bytes
  const json = encodeValue(input, Infinity, callHost, [], false)
  const frame = `{"type":"call","id":${channel.count},"name":"${name}","input":${json ?? 'null'}}`
  if (byteLength(frame, 'utf8') > left) {
    const message = `the arguments of ${name} are too large: ${left} bytes of hostInputBytes are left`
    throw new HostError(message, 'input-limit')
  }
  channel.bytes += byteLength(frame, 'utf8')
  const reply = new Promise((resolve, reject) => calls.set(channel.count, { resolve, reject }))
  channel.count += 1
  unsent.push(frame)
  sendWhatMayGo()
  // Whoever waits for the host is not over; a socket that nobody waits for does not keep the program alive.
  channel.socket.ref()
  return reply
}

function openSocket() {
  const socket = new Socket({ fd: CONTROL, readable: true, writable: false })
  socket.on('data', take)
  // The host is gone: it ends this process, too.
  socket.on('error', () => {})
  socket.unref()
  return socket
}

function sendWhatMayGo() {
  while (channel.unsent.length > 0 && channel.inFlight < channel.limits.inFlight) {
    channel.inFlight += 1
    writeFrame(channel.unsent.shift())
  }
}

function take(bytes) {
  channel.received = Buffer.concat([channel.received, bytes])
  while (channel.received.length >= 4) {
    const end = 4 + channel.received.readUInt32BE(0)
    if (channel.received.length < end) break
    const reply = jsonParse(bytesToText(channel.received.subarray(4, end), 'utf8'))
    channel.received = channel.received.subarray(end)
    channel.inFlight -= 1
    sendWhatMayGo()
    settle(reply)
  }
  if (channel.calls.size === 0) channel.socket.unref()
}

function settle(reply) {
  const waiting = channel.calls.get(reply.id)
  channel.calls.delete(reply.id)
  if (reply.ok) waiting?.resolve(decodeValue(reply.value))
  else waiting?.reject(new HostError(reply.error.message, reply.error.code))
}
