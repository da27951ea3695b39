/**
 * Runs one JavaScript or TypeScript program for the host and ends. Started ahead of time in a sandbox of its own; it
 * says `ready` when Node is warm, waits for one `execute` frame, and answers with one `result` frame. Nothing here is
 * secret and nothing here is a boundary: the host decides what happened from kernel facts.
 */
import { closeSync, existsSync, readdirSync } from 'node:fs'
import { constants } from 'node:os'
import { describeError } from './describe-error.mjs'
import { decodeValue, encodeValue } from './encode-value.mjs'
import { readFrame, writeFrame } from './frames.mjs'
import { writeHostModule } from './host-functions.mjs'
import { apply, IntrinsicError, IntrinsicTypeError, jsonStringify, objectKeys, promiseThen } from './intrinsics.mjs'
import { handOverLeftovers } from './leftovers.mjs'
import { loadProgram } from './load-program.mjs'
import { installOutputStreams } from './output-streams.mjs'
import { writeToolModules } from './tool-modules.mjs'
import { warmUp } from './warm-up.mjs'

const exit = process.exit.bind(process)
const reallyExit = process.reallyExit.bind(process)
const listenerCount = process.listenerCount.bind(process)

/** `json` is the value that the program claims so far, `notes` what is to be said of it; `waitingFor` what the event loop may not end before. */
const state = { json: undefined, notes: [], waitingFor: null, calls: false, finished: false }

async function execute({ language, code, call, tools, host, hostLimits, valueBytes }) {
  state.calls = call !== null
  const values = call && decodeValue(call.arguments)
  state.waitingFor = 'a top-level `await`'
  function result(value) {
    const notes = []
    state.json = encodeValue(value, valueBytes, result, notes)
    state.notes = notes
  }
  Object.defineProperty(globalThis, 'result', { value: result, writable: true, configurable: true })
  writeToolModules(tools)
  if (host !== undefined && host.length > 0) writeHostModule(host, hostLimits)
  const program = await loadProgram({ language, code, tools })
  state.waitingFor = null
  if (!state.calls) return
  const callee = findFunction(program, call.function)
  state.waitingFor = `the promise of ${call.function}()`
  state.notes = []
  state.json = encodeValue(await apply(callee, undefined, [values]), valueBytes, encodeValue, state.notes)
  succeed()
}

/** The export of that name, else the default export, which may bear another name than the one it is known by. */
function findFunction(program, name) {
  if (typeof program === 'function') return program
  const candidates = [program[name], program.default]
  if (typeof candidates[0] === 'function') return candidates[0]
  if (typeof candidates[1] === 'function') return candidates[1]
  throw new IntrinsicTypeError(
    `The code exports no function '${name}': write \`export default function ${name}({ … }) { … }\`.`,
  )
}

function succeed() {
  if (state.finished) return
  try {
    handOverLeftovers()
  } catch {
    // Built-ins that the program has replaced: its value counts all the same.
  }
  const value = state.json === undefined ? '"hasValue":false' : `"hasValue":true,"value":${state.json}`
  const notes = state.notes.length === 0 ? '' : `,"notes":${jsonStringify(state.notes)}`
  finish(`{"type":"result","ok":true,${value}${notes},"outputs":${countOutputs()}}`, 0)
}

function fail(thrown) {
  if (state.finished) return
  const error = jsonStringify(describeError(thrown))
  finish(`{"type":"result","ok":false,"error":${error},"exitCode":null,"outputs":${countOutputs()}}`, 1)
}

/** Sends the result, after the end of the output: the host knows then that it has all of it. */
function finish(frame, exitCode) {
  state.finished = true
  for (let descriptor = 1; descriptor <= 2; descriptor += 1) {
    try {
      closeSync(descriptor)
    } catch {
      // The program has closed it.
    }
  }
  writeFrame(frame)
  reallyExit(exitCode)
}

function countOutputs() {
  try {
    return readdirSync('/box/output').length
  } catch {
    return 0
  }
}

/** The event loop has nothing left to do: the program is over, or waits for what cannot come. */
function onIdle() {
  const { waitingFor } = state
  if (waitingFor !== null) {
    fail(new IntrinsicError(`The program ended while it waited for ${waitingFor}, which nothing can settle any more.`))
  }
  exit()
  // Only where the program has replaced the last step of `process.exit`.
  onExit(0)
}

/** After the program's own `exit` listeners: `process.exit(n)`, or the end of the event loop. */
function onExit(exitCode) {
  if (exitCode === 0 && !state.calls) succeed()
  reallyExit(exitCode)
}

function onUncaught(event) {
  return (thrown) => {
    if (listenerCount(event) === 1) fail(thrown)
  }
}

/**
 * The first process of a pid namespace survives every signal that it sends to itself, and `process.abort()` would crash it:
 * a program that ends itself so says which signal it was, and ends with 128 + n, as shells tell it.
 */
function installOwnSignals() {
  if (process.pid !== 1) return
  const kill = process.kill.bind(process)
  const { signals } = constants
  const nameOf = (signal) => {
    if (typeof signal === 'string') return objectKeys(signals).includes(signal) ? signal : undefined
    return objectKeys(signals).find((name) => signals[name] === signal)
  }
  process.kill = (pid, signal = 'SIGTERM') => {
    const name = pid === 1 ? nameOf(signal) : undefined
    const isEnding = name !== undefined && !SURVIVED.has(name) && listenerCount(name) === 0
    if (isEnding) endBy(name)
    return kill(pid, signal)
  }
  process.abort = () => endBy('SIGABRT')
}

const SURVIVED = new Set(['SIGCHLD', 'SIGCONT', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGURG', 'SIGWINCH'])

function endBy(signal) {
  const exitCode = 128 + constants.signals[signal]
  const error = { type: signal, message: `the program ended itself by ${signal}`, traceback: '' }
  const frame = { type: 'result', ok: false, error, exitCode, signal, outputs: countOutputs() }
  finish(jsonStringify(frame), exitCode)
}

async function main() {
  installOutputStreams()
  // Node's ten would be used up by its own frames where a module fails to load.
  Error.stackTraceLimit = 50
  await warmUp()
  process.argv.splice(1, process.argv.length, '/box/main.mjs')
  // Node may have been started from a file that has no path in here; this one leads to it all the same.
  if (!existsSync(process.execPath)) process.execPath = '/proc/self/exe'
  process.reallyExit = onExit
  installOwnSignals()
  process.on('beforeExit', onIdle)
  process.on('uncaughtException', onUncaught('uncaughtException'))
  process.on('unhandledRejection', onUncaught('unhandledRejection'))
  writeFrame('{"type":"ready"}')
  const request = readFrame()
  if (request === null) reallyExit(0)
  // Not returned: that would look up `then` on the promise, which the program may have replaced by now.
  promiseThen(execute(request), undefined, fail)
}

void main()
