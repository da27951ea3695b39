/**
 * The `session` of a program: values of earlier executions, and those that later ones are to have. Runs inside the sandbox.
 *
 *   import { session } from 'tools'
 *   session.keep({ prices })            // for later executions
 *   const prices = session('prices')    // loaded when it is first used
 *
 * Plain values are kept as JSON, which Python can read too, everything else as structured clones of `node:v8`.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { deserialize, serialize } from 'node:v8'

const INPUT = '/box/input'
const OUTPUT = '/box/output/.session'
const NAME = /^[\p{L}_][\p{L}\p{N}_]{0,63}$/u
const DEPTH = 64

const given = JSON.parse(readFileSync(`${INPUT}/.session.json`, 'utf8'))
const stored = new Map(given.values.map((record) => [record.name, record]))
const loaded = new Map()
const kept = new Map()
const dropped = []
const failed = new Map()
let files = 0

export function session(name) {
  if (!loaded.has(name)) {
    const record = stored.get(name)
    if (record === undefined) {
      const known = session.names().join(', ') || 'none'
      throw new RangeError(`the session has no value '${name}'; it has: ${known}`)
    }
    loaded.set(name, load(record))
  }
  return loaded.get(name)
}

/** Keeps each property under its name. One that cannot be kept is named in the result; the others are kept. */
session.keep = (values) => {
  for (const name of Object.keys(values)) {
    try {
      failed.delete(name)
      keep(name, values[name])
    } catch (error) {
      failed.set(name, `${error.name}: ${error.message}`.slice(0, 400))
    }
  }
  writeIndex()
}

/** Forgets values. */
session.drop = (...names) => {
  for (const name of names) {
    kept.delete(name)
    loaded.delete(name)
    if (stored.delete(name)) dropped.push(name)
  }
  writeIndex()
}

session.names = () => [...new Set([...stored.keys(), ...kept.keys()])].sort()
session.has = (name) => stored.has(name) || kept.has(name)

function keep(name, value) {
  if (!NAME.test(name)) throw new RangeError('not a name of 1 to 64 letters, digits and underscores')
  refuseInstances(value, new Set())
  const isJson = isPlain(value, DEPTH)
  const content = isJson ? Buffer.from(JSON.stringify(value)) : serialize(value)
  const { valueBytes } = given.limits
  if (content.length > valueBytes) throw new RangeError(`${content.length} bytes; the limit is ${valueBytes}`)
  const format = isJson ? 'json' : 'v8'
  files += 1
  const file = `${files}.${format}`
  mkdirSync(OUTPUT, { recursive: true })
  write(`${OUTPUT}/${file}`, content)
  const earlier = kept.get(name)
  if (earlier !== undefined) rmSync(`${OUTPUT}/${earlier.file}`)
  kept.set(name, { name, format, file, type: typeOf(value) })
  loaded.set(name, value)
}

function write(path, content) {
  try {
    writeFileSync(path, content)
  } catch (error) {
    // Half a file would take the room of the next value.
    rmSync(path, { force: true })
    throw error
  }
}

function writeIndex() {
  mkdirSync(OUTPUT, { recursive: true })
  const failures = [...failed].map(([name, reason]) => ({ name, reason }))
  writeFileSync(`${OUTPUT}/index.json`, JSON.stringify({ values: [...kept.values()], dropped, failed: failures }))
}

function load({ name, format, input, sha256 }) {
  const content = readFileSync(`${INPUT}/${input}`)
  if (createHash('sha256').update(content).digest('hex') !== sha256) {
    throw new Error(`the snapshot of '${name}' is not what was kept`)
  }
  if (format === 'json') return JSON.parse(content.toString('utf8'))
  if (format === 'v8') return deserialize(content)
  throw new TypeError(
    `the value '${name}' was kept by Python as ${format}, which JavaScript cannot read; keep it as plain data: int(x), float(x), x.tolist()`,
  )
}

function typeOf(value) {
  return (value === null || typeof value !== 'object' ? typeof value : (value.constructor?.name ?? 'Object')).slice(
    0,
    120,
  )
}

/** Whether JSON gives back the same, here and in Python. */
function isPlain(value, depth) {
  if (value === null || typeof value === 'boolean') return true
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value === 'number') {
    return Number.isFinite(value) && !Object.is(value, -0) && (!Number.isInteger(value) || Number.isSafeInteger(value))
  }
  if (typeof value !== 'object' || depth === 0) return false
  if (Array.isArray(value)) {
    if (Object.keys(value).length !== value.length) return false
    return value.every((item) => isPlain(item, depth - 1))
  }
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.getOwnPropertySymbols(value).length > 0) return false
  // A property of this name would become the prototype of what is read.
  if (Object.hasOwn(value, '__proto__') || typeof value.toJSON === 'function') return false
  return Object.entries(value).every(([key, item]) => key.isWellFormed() && isPlain(item, depth - 1))
}

/** A structured clone of a class's instance is a plain object without a word: better that it is not kept. */
function refuseInstances(value, seen) {
  if (value === null || typeof value !== 'object' || seen.has(value)) return
  seen.add(value)
  const prototype = Object.getPrototypeOf(value)
  const isKnown = prototype === null || CLONED.has(prototype) || value instanceof Error || ArrayBuffer.isView(value)
  if (!isKnown) throw new TypeError(`an instance of ${prototype.constructor?.name ?? 'a class'} cannot be kept`)
  if (ArrayBuffer.isView(value)) return
  if (value instanceof Map) for (const [key, item] of value) [key, item].forEach((one) => refuseInstances(one, seen))
  if (value instanceof Set) for (const item of value) refuseInstances(item, seen)
  for (const key of Object.keys(value)) refuseInstances(value[key], seen)
}

const CLONED = new Set(
  [Object, Array, Map, Set, Date, RegExp, ArrayBuffer, Boolean, Number, String, BigInt].map((one) => one.prototype),
)
