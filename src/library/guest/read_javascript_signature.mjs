/** Loads a tool's module inside the sandbox and tells what it exports. What it says is the module's claim: the host checks it. */
import { writeFileSync } from 'node:fs'

/** `packages`: those that it imports; which of them are not there is found before anything of the module runs. */
export async function readSignature({ code, packages }) {
  const missing = packages.filter((name) => !isThere(name))
  const file = '/box/tool.mjs'
  writeFileSync(file, code)
  const module = await import(file)
  const { default: main, tool } = module
  return { mainKind: typeof main, mainName: typeof main === 'function' ? main.name : '', tool: tool ?? null, missing }
}

function isThere(name) {
  try {
    import.meta.resolve(name)
    return true
  } catch (error) {
    // A package that exports nothing under its own name is there all the same.
    return error.code !== 'ERR_MODULE_NOT_FOUND'
  }
}
