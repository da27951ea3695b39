import { expect, test } from 'vitest'

interface FastStart {
  importBuiltins(): { renderChunk(code: string): { code: string } }
}
const { importBuiltins } = (await import(
  String(new URL('../../scripts/fast-start.mjs', import.meta.url))
)) as unknown as FastStart
const render = (code: string) => importBuiltins().renderChunk(code).code

test('modules of Node are taken without an import, whole and by their names', async () => {
  const code = render(
    'import os from "node:os";\nimport path, { join, sep as separator } from "node:path";\nimport { readFile } from "node:fs/promises";\nexport default [os.platform(), path.basename("/a/b"), join("a", separator), typeof readFile];\n',
  )
  expect(code).not.toContain('import ')
  const module = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as { default: unknown[] }
  expect(module.default).toEqual([process.platform, 'b', 'a/', 'function'])
})

test('what older Nodes must be able to read, other modules and text stay as they are', () => {
  for (const code of [
    'import * as nodeModule from "node:module";',
    'import { a } from "./chunk.js";',
    'const text = `import { a } from "node:fs"`;',
    'export { join } from "node:path";',
  ]) {
    expect(render(code)).toBe(code)
  }
})

test('a `require` of bundled packages is made when it is called', () => {
  const line = 'var __require = /* #__PURE__ */ (() => createRequire(import.meta.url))();'
  expect(render(line)).not.toMatch(/\)\(\);$/)
})
