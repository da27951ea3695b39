/** Writes the tools of an execution where `import … from 'tools'` and `require('tools')` find them. */
import { mkdirSync, writeFileSync } from 'node:fs'

const FOLDER = '/box/node_modules/tools'

export function toolFile(tool) {
  return `${FOLDER}/${tool.name}.mjs`
}

/** `tools` are `{ name, language, code, function }`, in any order: they may import each other. */
export function writeToolModules(tools) {
  if (tools.length === 0) return
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(`${FOLDER}/package.json`, '{"type":"module","exports":"./index.mjs"}')
  const exported = new Map()
  const definitions = tools.map((tool, index) => {
    const local = `$${index}`
    // Under its snake_case name, and in camelCase, as JavaScript writes it.
    for (const name of [tool.name, camelCase(tool.name)]) if (!exported.has(name)) exported.set(name, local)
    return tool.language === 'javascript' ? importTool(tool, local) : refuseTool(tool, local)
  })
  const names = [...exported].map(([name, local]) => `${local} as ${name}`)
  const all = [...exported].map(([name, local]) => `${name}: ${local}`)
  const lines = [...definitions, `export { ${names.join(', ')} }`, `export default { ${all.join(', ')} }`]
  writeFileSync(`${FOLDER}/index.mjs`, lines.join('\n'))
}

function importTool(tool, local) {
  writeFileSync(toolFile(tool), tool.code)
  const missing = `The tool '${tool.name}' exports no function: it needs \`export default function\`.`
  return [
    `import * as ${local}m from './${tool.name}.mjs'`,
    `const ${local} = [${local}m[${JSON.stringify(tool.function)}], ${local}m.default].find((f) => typeof f === 'function')`,
    `if (${local} === undefined) throw new TypeError(${JSON.stringify(missing)})`,
  ].join('\n')
}

function refuseTool(tool, local) {
  const message =
    `The tool '${tool.name}' is written in ${tool.language} and cannot be called from JavaScript. ` +
    'Call it in a step of its own and pass on its value, or write this program in that language.'
  return `function ${local}() {\n  throw new TypeError(${JSON.stringify(message)})\n}`
}

export function camelCase(name) {
  return name.replace(/_+([a-z0-9])/g, (_, letter) => letter.toUpperCase())
}
