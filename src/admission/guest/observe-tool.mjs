/**
 * Calls a tool several times in a world of the host's making (clock, seeds, folder, environment variables) and tells what
 * came of it. It holds no expected value: the host compares. Last part of a program that the host puts together.
 */
import { mkdirSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'

const MESSAGE = 300

/** What each of `calls` gives, and what the tool read besides. The tool is loaded when its world is ready. */
export async function observe({ tool, calls, settings }) {
  mkdirSync(settings.folder, { recursive: true })
  process.chdir(settings.folder)
  watchReads()
  const { env } = process
  env.TZ = settings.timeZone
  changeClock(settings.clock * 1000)
  changeEnvironment(settings.environment)
  const places = calls.map((_, place) => place)
  if (settings.reverse) places.reverse()
  const outcomes = []
  const changedArguments = []
  begin([])
  const called = await load(tool)
  for (const place of places) {
    const args = structuredClone(calls[place])
    Math.random = createRandom(settings.seed)
    begin(args)
    outcomes[place] = called.failure ?? (await call(called.function, args))
    if (!isDeepStrictEqual(args, calls[place])) changedArguments.push(place)
  }
  return { outcomes, reads: reads(), changedArguments, usesHashOrder: false }
}

async function load(tool) {
  try {
    const tools = await import('tools')
    return { function: tools[tool] }
  } catch (error) {
    return { failure: describe(error) }
  }
}

async function call(called, args) {
  try {
    const value = await called(args)
    // A later call must not change what this one gave.
    return { kind: 'value', value: copy(value) }
  } catch (error) {
    return describe(error)
  }
}

/** What cannot be copied (a function in an object) does not leave the sandbox either. */
function copy(value) {
  try {
    return structuredClone(value)
  } catch {
    return value
  }
}

function describe(error) {
  const isError = error instanceof Error
  const message = String(isError ? error.message : error).slice(0, MESSAGE)
  return { kind: 'error', type: isError ? error.name : 'Error', message }
}

function changeClock(startMs) {
  const RealDate = Date
  const realNow = Date.now
  const began = realNow()
  const now = (name) => {
    note('clock', name)
    return startMs + (realNow() - began)
  }
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, made) =>
      Reflect.construct(
        target,
        args.length === 0 ? [now('new Date()')] : args,
        made === globalThis.Date ? target : made,
      ),
    apply: () => new RealDate(now('Date()')).toString(),
    get: (target, name) => (name === 'now' ? () => Math.trunc(now('Date.now')) : Reflect.get(target, name)),
  })
  RealDate.prototype.constructor = globalThis.Date
  performance.now = () => now('performance.now') - startMs + startMs / 1000
  const { hrtime } = process
  process.hrtime = Object.assign((before) => hrtime((note('clock', 'process.hrtime'), before)), {
    bigint: () => (note('clock', 'process.hrtime.bigint'), hrtime.bigint()),
  })
}

function changeEnvironment(suffix) {
  const { env } = process
  const value = new Proxy(env, {
    get(target, name) {
      if (typeof name !== 'string') return Reflect.get(target, name)
      note('environment', name)
      return target[name] === undefined ? undefined : target[name] + suffix
    },
    has(target, name) {
      note('environment', String(name))
      return Reflect.has(target, name)
    },
  })
  Object.defineProperty(process, 'env', { value })
}

/** Mulberry32. */
function createRandom(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
