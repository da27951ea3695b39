/**
 * The built-in functions that the harness uses, taken before the program runs. What the program replaces later
 * (`JSON.stringify`, `Array.prototype[Symbol.iterator]`, `Buffer.from`) does not reach them. For the same reason the
 * harness has no `for … of`, no spread and no regular expression once the program has begun.
 */
import { Buffer } from 'node:buffer'
import { inspect as nodeInspect, types as nodeTypes } from 'node:util'

const { bind, call } = Function.prototype

/** `uncurryThis(method)(object, …arguments)` calls `method` on `object` without looking it up there. */
const uncurryThis = bind.bind(call)

export const jsonStringify = JSON.stringify
export const jsonParse = JSON.parse
export const objectKeys = Object.keys
export const objectGetPrototypeOf = Object.getPrototypeOf
export const objectDefineProperty = Object.defineProperty
export const isArray = Array.isArray
export const isFinite = Number.isFinite
export const isSafeInteger = Number.isSafeInteger
export const mapForEach = uncurryThis(Map.prototype.forEach)
export const setForEach = uncurryThis(Set.prototype.forEach)
export const setHas = uncurryThis(Set.prototype.has)
export const setAdd = uncurryThis(Set.prototype.add)
export const setDelete = uncurryThis(Set.prototype.delete)
export const dateToIsoString = uncurryThis(Date.prototype.toISOString)
export const dateGetTime = uncurryThis(Date.prototype.getTime)
export const stringIndexOf = uncurryThis(String.prototype.indexOf)
export const stringSlice = uncurryThis(String.prototype.slice)
export const stringTrimEnd = uncurryThis(String.prototype.trimEnd)
export const promiseThen = uncurryThis(Promise.prototype.then)
export const byteLength = Buffer.byteLength
export const bytesFrom = Buffer.from
export const { isBuffer } = Buffer
export const allocateBytes = Buffer.alloc
export const bytesToText = uncurryThis(Buffer.prototype.toString)
export const readLength = uncurryThis(Buffer.prototype.readUInt32BE)
export const writeLength = uncurryThis(Buffer.prototype.writeUInt32BE)
export const inspect = nodeInspect
export const toText = String
export const IntrinsicSet = Set
export const IntrinsicError = Error
export const IntrinsicTypeError = TypeError
export const IntrinsicRangeError = RangeError
export const wait = Atomics.wait
export const { apply } = Reflect
export const { captureStackTrace } = Error

const { isBoxedPrimitive, isDate, isMap, isNativeError, isPromise, isRegExp, isSet, isTypedArray } = nodeTypes
const { isAnyArrayBuffer } = nodeTypes
export const types = {
  isAnyArrayBuffer,
  isBoxedPrimitive,
  isDate,
  isMap,
  isNativeError,
  isPromise,
  isRegExp,
  isSet,
  isTypedArray,
}
