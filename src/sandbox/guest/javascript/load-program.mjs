/** Puts the program into /box and imports it as Node would: as an ES module, types stripped. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire, setSourceMapsSupport, stripTypeScriptTypes } from 'node:module'
import { compileFunction, constants } from 'node:vm'
import { apply, objectKeys, stringIndexOf, stringSlice, types } from './intrinsics.mjs'
import { toolFile } from './tool-modules.mjs'

const FILES = { javascript: '/box/main.mjs', typescript: '/box/main.ts' }
const COMMON_JS = ['exports', 'require', 'module', '__filename', '__dirname']
const CHECK_TIMEOUT_MS = 5000

/**
 * Runs the program's top level and gives what it exports: its ES module namespace, or `module.exports` where it
 * assigned that. Rejects with what the program threw; a SyntaxError's stack begins with the file, line and column.
 *
 * As Node decides it: what can be a script is one, sloppy mode and all; `import`, `export` and `await` make a module.
 */
export async function loadProgram({ language, code, tools }) {
  const file = FILES[language]
  const source = language === 'typescript' ? translateTypes(code, file) : code
  writeFileSync('/box/package.json', '{"type":"module"}')
  writeFileSync(file, source)
  const common = installCommonJs(file)
  const script = language === 'javascript' ? compileScript(code, file) : null
  // In a script `await (…)` is the call of a function of that name.
  if (script !== null && stringIndexOf(code, 'await') === -1) return runScript(script, common)
  try {
    const namespace = await import(`file://${file}`)
    return objectKeys(namespace).length === 0 ? common.module.exports : namespace
  } catch (error) {
    if (!isCompileError(error, file)) throw error
    if (script !== null) return runScript(script, common)
    // TypeScript that calls itself JavaScript.
    if (language === 'javascript' && stripTypes(code) !== code) {
      return loadProgram({ language: 'typescript', code, tools })
    }
    throw withLocation(error, [file, ...tools.map((tool) => toolFile(tool))])
  }
}

/**
 * The code as it is where Node can strip its types in place, so that lines and columns stay. Enums and namespaces need a
 * real translation, with a source map.
 */
function translateTypes(code, file) {
  try {
    stripTypeScriptTypes(code)
    return code
  } catch (error) {
    if (error.code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') throw nameFile(error, file)
  }
  setSourceMapsSupport(true)
  try {
    return stripTypeScriptTypes(code, { mode: 'transform', sourceMap: true, sourceUrl: `file://${file}` })
  } catch (error) {
    throw nameFile(error, file)
  }
}

/** The stripper's stack begins with `:2` where a file name belongs. */
function nameFile(error, file) {
  if (typeof error.stack === 'string' && error.stack[0] === ':') error.stack = `${file}${error.stack}`
  return error
}

/** Models mix the two module systems: what CommonJS gives to a module is global here. */
function installCommonJs(file) {
  const exports = {}
  const module = { exports, id: '.', filename: file, loaded: false, children: [], paths: [] }
  const require = createRequire(file)
  require.main = module
  const values = { exports, require, module, __filename: file, __dirname: '/box' }
  for (const name of COMMON_JS) {
    Object.defineProperty(globalThis, name, { value: values[name], writable: true, configurable: true })
  }
  return values
}

/**
 * A syntax error of a module's source, before anything of the program ran: not one that `JSON.parse` threw, and not one
 * of a module that the program loaded by itself.
 */
function isCompileError(error, file) {
  return (
    types.isNativeError(error) &&
    error.name === 'SyntaxError' &&
    typeof error.stack === 'string' &&
    stringIndexOf(error.stack, 'at compileSourceTextModule (node:internal/') !== -1 &&
    stringIndexOf(error.stack, `${file}:`) === -1
  )
}

/** The code as a CommonJS module, or null where it cannot be one. */
function compileScript(code, file) {
  try {
    const importModuleDynamically = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER
    return compileFunction(code, COMMON_JS, { filename: file, importModuleDynamically })
  } catch {
    return null
  }
}

function runScript(script, common) {
  const { exports, require, module, __filename, __dirname } = common
  apply(script, exports, [exports, require, module, __filename, __dirname])
  return module.exports
}

/**
 * V8 keeps the place of a module's syntax error to itself unless the error ends the process: a second Node is asked to
 * check a copy of each file that could be meant, of TypeScript without the types, which `--check` does not know.
 */
function withLocation(error, files) {
  const copy = '/box/check.mjs'
  for (let index = 0; index < files.length; index += 1) {
    const source = readFileSync(files[index], 'utf8')
    writeFileSync(copy, files[index] === FILES.typescript ? stripTypes(source) : source)
    const options = { encoding: 'utf8', timeout: CHECK_TIMEOUT_MS, maxBuffer: 1024 * 1024 }
    const { stderr } = spawnSync(process.execPath, ['--check', copy], options)
    rmSync(copy)
    const place = typeof stderr === 'string' ? stringIndexOf(stderr, `${copy}:`) : -1
    const end = place === -1 ? -1 : stringIndexOf(stderr, '\n\nSyntaxError')
    if (end !== -1) {
      const excerpt = stringSlice(stderr, place + copy.length, end)
      error.stack = `${files[index]}${excerpt}\n\n${error.name}: ${error.message}`
      return error
    }
  }
  return error
}

function stripTypes(code) {
  try {
    return stripTypeScriptTypes(code)
  } catch {
    return code
  }
}
