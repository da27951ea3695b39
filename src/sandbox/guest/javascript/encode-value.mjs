/**
 * A value of the program as JSON text, bounded in size and depth.
 *
 * What JSON has no word for: NaN, the infinities and a BigInt beyond the safe integers become `{"$number": "NaN"}` and so
 * on, a Buffer and an ArrayBuffer `{"$bytes": base64}`, a date its ISO text, a map an object (or a list of pairs where a
 * key is an object, or two keys are the same as text), a set and a typed array a list, an error its name and message, a
 * regular expression its source. An object whose order or labels a JavaScript object cannot hold is
 * `{"$entries": [[label, value], …]}`.
 * `undefined`, functions and symbols are left out of objects and are null in lists, as in `JSON.stringify`; alone they are
 * refused, as are promises and values that contain themselves.
 */
import {
  byteLength,
  bytesFrom,
  bytesToText,
  captureStackTrace,
  dateGetTime,
  dateToIsoString,
  IntrinsicRangeError,
  IntrinsicSet,
  IntrinsicTypeError,
  isArray,
  isBuffer,
  isFinite,
  isSafeInteger,
  jsonStringify,
  mapForEach,
  objectKeys,
  setAdd,
  setDelete,
  setForEach,
  setHas,
  stringSlice,
  toText,
  types,
} from './intrinsics.mjs'

/** Deeper values are a mistake in the program, and the host's parser refuses them. */
const DEPTH = 200

const NOTES = 20
const NOTE_CHARACTERS = 80

/**
 * JSON text, or undefined where `value` is undefined. Throws a TypeError or a RangeError that says what to do; its stack
 * begins at the caller of `entry`, the function that the program called. `notes` gets a sentence where a value has another
 * form than its reader may expect. Without `isOrdered` objects are plain ones: for functions of the host, which know no tags.
 */
export function encodeValue(value, maximumBytes, entry = encodeValue, notes = [], isOrdered = true) {
  if (value === undefined) return undefined
  const state = { maximumBytes, characters: 0, open: new IntrinsicSet(), entry, notes, isOrdered }
  if (typeof value === 'function' || typeof value === 'symbol') {
    refuse(state, IntrinsicTypeError, `The value is a ${typeof value}, which cannot leave the sandbox: give data.`)
  }
  const json = encode(value, state, 0)
  if (byteLength(json, 'utf8') > maximumBytes) refuseSize(state)
  return json
}

/** Undefined for what JSON leaves out. */
function encode(value, state, depth) {
  switch (typeof value) {
    case 'string':
      if (value.length > state.maximumBytes) refuseSize(state)
      return spend(state, jsonStringify(value))
    case 'number':
      return spend(state, encodeNumber(value))
    case 'boolean':
      return spend(state, value ? 'true' : 'false')
    case 'bigint': {
      const digits = toText(value)
      return spend(state, isSafeInteger(+digits) ? digits : `{"$number":"${digits}"}`)
    }
    case 'object':
      return value === null ? spend(state, 'null') : encodeObject(value, state, depth)
    default:
      return undefined
  }
}

function encodeNumber(value) {
  return isFinite(value) ? jsonStringify(value) : `{"$number":"${value}"}`
}

function encodeObject(value, state, depth) {
  if (types.isPromise(value)) {
    refuse(
      state,
      IntrinsicTypeError,
      'The value is a promise, or has one inside: write `await` before the call that made it.',
    )
  }
  if (depth >= DEPTH) refuse(state, IntrinsicRangeError, `The value is nested deeper than ${DEPTH} levels.`)
  if (setHas(state.open, value))
    refuse(state, IntrinsicTypeError, 'The value contains itself, which JSON cannot express.')
  setAdd(state.open, value)
  const json = encodeByKind(value, state, depth)
  setDelete(state.open, value)
  return json
}

function encodeByKind(value, state, depth) {
  const inner = depth + 1
  if (isBuffer(value) || types.isAnyArrayBuffer(value)) return encodeBytes(bytesFrom(value), state)
  if (isArray(value) || types.isTypedArray(value)) return encodeList(value, state, inner)
  if (types.isDate(value)) {
    return spend(state, isFinite(dateGetTime(value)) ? jsonStringify(dateToIsoString(value)) : 'null')
  }
  if (types.isSet(value)) return encodeSet(value, state, inner)
  if (types.isMap(value)) return encodeMap(value, state, inner)
  if (types.isRegExp(value)) return encode(toText(value), state, inner)
  if (types.isBoxedPrimitive(value)) return encode(value.valueOf(), state, inner)
  if (typeof value.toJSON === 'function') return encode(value.toJSON(), state, inner)
  if (types.isNativeError(value)) {
    return `{"name":${encode(toText(value.name), state, inner)},"message":${encode(toText(value.message), state, inner)}}`
  }
  return encodeRecord(value, state, inner)
}

function encodeBytes(bytes, state) {
  if (bytes.length > state.maximumBytes) refuseSize(state)
  return spend(state, `{"$bytes":"${bytesToText(bytes, 'base64')}"}`)
}

function encodeList(list, state, depth) {
  let json = '['
  const { length } = list
  for (let index = 0; index < length; index += 1) {
    json += `${index === 0 ? '' : ','}${encode(list[index], state, depth) ?? spend(state, 'null')}`
  }
  return `${json}]`
}

function encodeSet(set, state, depth) {
  let json = ''
  setForEach(set, (item) => {
    json += `${json === '' ? '' : ','}${encode(item, state, depth) ?? spend(state, 'null')}`
  })
  return `[${json}]`
}

function encodeMap(map, state, depth) {
  let plainKeys = true
  mapForEach(map, (_, key) => {
    if (key === null || typeof key === 'object' || typeof key === 'function') plainKeys = false
  })
  if (plainKeys) {
    const same = findSameText(map)
    if (same === null) return encodeLabelled(map, state, depth)
    const shown = same.length > NOTE_CHARACTERS ? `${stringSlice(same, 0, NOTE_CHARACTERS)}…` : same
    note(state, `keys of a map are the same as text (${shown}): they are given as [key, value] pairs`)
  }
  let json = ''
  mapForEach(map, (item, key) => {
    const keyJson = encode(key, state, depth) ?? spend(state, 'null')
    json += `${comma(json)}[${keyJson},${encode(item, state, depth) ?? spend(state, 'null')}]`
  })
  return `[${json}]`
}

/** A text that two keys have; null where there is none. */
function findSameText(map) {
  const seen = new IntrinsicSet()
  let same = null
  mapForEach(map, (_, key) => {
    const text = toText(key)
    if (setHas(seen, text)) same ??= text
    setAdd(seen, text)
  })
  return same
}

/** A map whose keys differ as text. */
function encodeLabelled(map, state, depth) {
  const labels = []
  mapForEach(map, (_, key) => {
    labels[labels.length] = toText(key)
  })
  const isPlain = !state.isOrdered || keepsOrder(labels)
  let json = ''
  mapForEach(map, (item, key) => {
    const itemJson = encode(item, state, depth)
    if (itemJson === undefined) return
    const label = encodeKey(toText(key), state)
    json += `${comma(json)}${isPlain ? `${label}:${itemJson}` : `[${label},${itemJson}]`}`
  })
  return isPlain ? `{${json}}` : `{"$entries":[${json}]}`
}

/** Whether an object of JavaScript has these labels in this order: it puts whole numbers first, in ascending order. */
function keepsOrder(labels) {
  let last = -1
  let hasOthers = false
  for (let place = 0; place < labels.length; place += 1) {
    const label = labels[place]
    const index = label >>> 0
    if (toText(index) === label && index !== 0xffffffff) {
      if (hasOthers || index < last) return false
      last = index
    } else {
      // The first would be read as a tag, the second dropped by the host.
      if (label === '$entries' || label === '__proto__') return false
      hasOthers = true
    }
  }
  return true
}

function note(state, text) {
  const { notes } = state
  for (let place = 0; place < notes.length; place += 1) if (notes[place] === text) return
  if (notes.length < NOTES) notes[notes.length] = text
}

function encodeRecord(record, state, depth) {
  const keys = objectKeys(record)
  const isPlain = !state.isOrdered || keepsOrder(keys)
  let json = ''
  for (let index = 0; index < keys.length; index += 1) {
    const itemJson = encode(record[keys[index]], state, depth)
    if (itemJson === undefined) continue
    const label = encodeKey(keys[index], state)
    json += `${comma(json)}${isPlain ? `${label}:${itemJson}` : `[${label},${itemJson}]`}`
  }
  return isPlain ? `{${json}}` : `{"$entries":[${json}]}`
}

function encodeKey(key, state) {
  return spend(state, jsonStringify(key))
}

function comma(json) {
  return json === '' ? '' : ','
}

/**
 * Counts the characters of leaves and keys as they are made, so that a list of a billion holes ends at the limit and not
 * at the memory's end. A character is at least one byte of UTF-8; the exact count comes at the end.
 */
function spend(state, json) {
  state.characters += json.length
  if (state.characters > state.maximumBytes) refuseSize(state)
  return json
}

function refuseSize(state) {
  const limit = `${state.maximumBytes} bytes as JSON (limit valueBytes)`
  refuse(state, IntrinsicRangeError, `The value is larger than ${limit}: return less, or write a file to /box/output.`)
}

function refuse(state, Type, message) {
  const error = new Type(message)
  captureStackTrace(error, state.entry)
  throw error
}

/** Arguments from the host: the inverse for `$number`, `$bytes` and `$entries`. They are plain data, made before the program runs. */
export function decodeValue(value) {
  if (Array.isArray(value)) return value.map(decodeValue)
  if (value === null || typeof value !== 'object') return value
  const keys = Object.keys(value)
  if (keys.length === 1 && typeof value.$number === 'string') return decodeNumber(value.$number)
  if (keys.length === 1 && typeof value.$bytes === 'string') return bytesFrom(value.$bytes, 'base64')
  if (keys.length === 1 && isEntries(value.$entries)) {
    return Object.fromEntries(value.$entries.map(([label, item]) => [label, decodeValue(item)]))
  }
  return Object.fromEntries(keys.map((key) => [key, decodeValue(value[key])]))
}

function isEntries(value) {
  return Array.isArray(value) && value.every((pair) => Array.isArray(pair) && typeof pair[0] === 'string')
}

function decodeNumber(digits) {
  return /^-?\d+$/.test(digits) ? BigInt(digits) : Number(digits)
}
