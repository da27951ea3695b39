/**
 * Notes what a tool reads besides its arguments, by standing before the functions of Node that read it. A tool that means to
 * hide can do so: it runs in the same process. What bounds it is the sandbox. First part of a program that the host puts
 * together.
 */
import childProcess from 'node:child_process'
import dns from 'node:dns'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'
import path from 'node:path'

const TOOLS = '/box/node_modules/tools/'
const MOST = 20
const CHARACTERS = 200
/** Node's own files, and what the execution has written itself: these folders are new in each one. */
const OWN_FOLDERS = ['/usr/', '/lib/', '/tmp/', '/box/output/', '/dev/', '/node_modules/', TOOLS]
const FILE_FUNCTIONS = [
  'readFileSync',
  'readFile',
  'openSync',
  'open',
  'createReadStream',
  'readdirSync',
  'readdir',
  'opendirSync',
]
const PROCESS_FUNCTIONS = ['spawn', 'spawnSync', 'exec', 'execSync', 'execFile', 'execFileSync', 'fork']

const found = { clock: [], environment: [], files: [], network: [], processes: [], evaluation: [] }
let given = new Set()
/** The same as paths from the current folder. */
let paths = new Set()

export function begin(args) {
  given = new Set(textsIn(args))
  paths = new Set([...given].map((text) => path.resolve(text)))
}

export function reads() {
  return found
}

export function note(kind, what) {
  const text = String(what).slice(0, CHARACTERS)
  const list = found[kind]
  if (wasCalledByTool() && !list.includes(text) && list.length < MOST) list.push(text)
}

/** Stands before the functions; before the tool is loaded, which may keep them. */
export function watchReads() {
  for (const name of FILE_FUNCTIONS) before(fs, name, noteFile)
  for (const name of ['readFile', 'open', 'readdir', 'opendir']) before(fs.promises, name, noteFile)
  for (const name of PROCESS_FUNCTIONS) before(childProcess, name, (command) => note('processes', command))
  before(globalThis, 'fetch', (target) => note('network', target?.url ?? target))
  before(net.Socket.prototype, 'connect', (target) => note('network', describeTarget(target)))
  before(dns, 'lookup', (host) => note('network', host))
  for (const name of ['lookup', 'resolve', 'resolve4', 'resolve6'])
    before(dns.promises, name, (host) => note('network', host))
  syncBuiltinESMExports()
}

function before(owner, name, act) {
  const real = owner[name]
  owner[name] = function (...args) {
    act(...args)
    return new.target === undefined ? Reflect.apply(real, this, args) : Reflect.construct(real, args)
  }
}

function noteFile(file) {
  if (typeof file === 'number') return
  const name = path.resolve(String(file).replace(/^file:\/\//, ''))
  const isGiven =
    paths.has(name) ||
    given.has(name) ||
    given.has(path.basename(name)) ||
    [...given].some((folder) => isBelow(name, folder))
  if (!isGiven && !OWN_FOLDERS.some((folder) => name.startsWith(folder))) note('files', name)
}

function isBelow(name, folder) {
  return folder.length > 1 && folder.startsWith('/') && name.startsWith(`${folder.replace(/\/+$/, '')}/`)
}

function describeTarget(target) {
  const options = Array.isArray(target) ? target[0] : target
  return typeof options === 'object' && options !== null
    ? `${options.host ?? 'localhost'}:${options.port ?? ''}`
    : options
}

function wasCalledByTool() {
  return (new Error('where').stack ?? '').includes(TOOLS)
}

function* textsIn(value) {
  if (typeof value === 'string') yield value
  else if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) yield* textsIn(item)
}
