/** Loads a tool's module inside the sandbox and tells what it exports. What it says is the module's claim: the host checks it. */
import { writeFileSync } from 'node:fs'

export async function readSignature({ code }) {
  const file = '/box/tool.mjs'
  writeFileSync(file, code)
  const module = await import(file)
  const { default: main, tool } = module
  return { mainKind: typeof main, mainName: typeof main === 'function' ? main.name : '', tool: tool ?? null }
}
