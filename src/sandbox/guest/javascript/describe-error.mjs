/**
 * What was thrown, as plain bounded text. Anything can be thrown: `throw null`, an object whose `message` throws, an
 * error with a megabyte of text. Nothing here throws.
 */
import { inspect, objectGetPrototypeOf, stringIndexOf, stringSlice, stringTrimEnd, types } from './intrinsics.mjs'

const MESSAGE_CHARACTERS = 8 * 1024
const TRACEBACK_CHARACTERS = 32 * 1024
const TYPE_CHARACTERS = 100
const CAUSES = 4
/** Frames of the harness and of Node itself say nothing about the program. */
const HARNESS = stringSlice(import.meta.url, 0, import.meta.url.lastIndexOf('/') + 1)
const INTERNAL_FRAMES = ['(node:', 'at node:', 'at async node:', HARNESS]
const ERROR_PROTOTYPE = Error.prototype

/** `{ type, message, traceback }` of a thrown value. */
export function describeError(thrown) {
  const type = typeOf(thrown)
  const message = messageOf(thrown)
  return { type, message, traceback: cut(tracebackOf(thrown, CAUSES), TRACEBACK_CHARACTERS) }
}

function typeOf(thrown) {
  if (thrown === null) return 'null'
  if (!isError(thrown)) return typeof thrown === 'object' ? 'Object' : typeof thrown
  const name = text(() => thrown.name)
  // A subclass that sets no `name` inherits 'Error': its class says more.
  const type = name && name !== 'Error' ? name : text(() => thrown.constructor.name)
  return cut(type || 'Error', TYPE_CHARACTERS)
}

function messageOf(thrown) {
  if (typeof thrown === 'string') return cut(thrown, MESSAGE_CHARACTERS)
  if (isError(thrown)) return cut(withoutUrls(text(() => thrown.message) ?? ''), MESSAGE_CHARACTERS)
  const options = { depth: 2, maxArrayLength: 20, maxStringLength: 1000, customInspect: false }
  return cut(text(() => inspect(thrown, options)) ?? typeof thrown, MESSAGE_CHARACTERS)
}

function tracebackOf(thrown, depth) {
  if (!isError(thrown)) return ''
  let traceback = cleanStack(text(() => thrown.stack) ?? '')
  if (depth === 0) return traceback
  const cause = attempt(() => thrown.cause)
  if (isError(cause)) traceback += `\nCaused by: ${tracebackOf(cause, depth - 1)}`
  const first = attempt(() => (typeof thrown.errors === 'object' ? thrown.errors[0] : undefined))
  if (isError(first)) traceback += `\nFirst of its errors: ${tracebackOf(first, 0)}`
  return traceback
}

/** The stack without the harness's frames, with paths where Node writes URLs. */
export function cleanStack(stack) {
  let cleaned = ''
  let rest = cut(stack, TRACEBACK_CHARACTERS)
  while (rest !== '') {
    const end = stringIndexOf(rest, '\n')
    const line = end === -1 ? rest : stringSlice(rest, 0, end)
    rest = end === -1 ? '' : stringSlice(rest, end + 1)
    if (!isInternal(line)) cleaned += `${cleaned === '' ? '' : '\n'}${line}`
  }
  return stringTrimEnd(withoutUrls(cleaned))
}

function isInternal(line) {
  for (let index = 0; index < INTERNAL_FRAMES.length; index += 1) {
    if (stringIndexOf(line, INTERNAL_FRAMES[index]) !== -1) return true
  }
  return false
}

function withoutUrls(textWithUrls) {
  const url = 'file:///'
  let result = ''
  let rest = textWithUrls
  for (let at = stringIndexOf(rest, url); at !== -1; at = stringIndexOf(rest, url)) {
    result += `${stringSlice(rest, 0, at)}/`
    rest = stringSlice(rest, at + url.length)
  }
  return result + rest
}

function isError(value) {
  if (types.isNativeError(value)) return true
  // `class E { }; E.prototype = Object.create(Error.prototype)` is an error in spirit, with a stack or without.
  return attempt(() => value !== null && typeof value === 'object' && inheritsError(value)) === true
}

function inheritsError(value) {
  for (let level = 0, at = value; at !== null && level < 32; level += 1) {
    if (at === ERROR_PROTOTYPE) return true
    at = objectGetPrototypeOf(at)
  }
  return false
}

function attempt(read) {
  try {
    return read()
  } catch {
    return undefined
  }
}

function text(read) {
  const value = attempt(read)
  return typeof value === 'string' ? value : undefined
}

function cut(value, characters) {
  return value.length <= characters ? value : `${stringSlice(value, 0, characters)}…`
}
