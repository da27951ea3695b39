// What makes the bundled command start faster. A call of the daemon is over in some 50 ms, of which Node's own start is 30.
import { join } from 'node:path'

/**
 * A plugin: takes Node's own modules by `process.getBuiltinModule` in place of `import`. An import reads every export of the
 * module to make its namespace, and some of Node's are getters that load what hangs on them: of `node:fs` its promises with
 * readline, of `node:crypto` the Web Crypto API. That is 10 ms of processor time. For the same reason `require`, which some
 * bundled packages ask for, is made when it is first called.
 */
export function importBuiltins() {
  return {
    name: 'import-builtins',
    renderChunk(code) {
      // What is not of this form stays: `import * as`, as in the first file, which older Nodes must be able to read.
      const changed = code
        .replace(
          /^import (?:([\w$]+)(?:, )?)?(?:\{([^}]*)\})? ?from "(node:[\w/]+)";$/gm,
          (_, whole, names, module) => {
            const source = `globalThis.process.getBuiltinModule("${module}")`
            const lines = whole === undefined ? [] : [`const ${whole} = ${source};`]
            if (names !== undefined) lines.push(`const {${names.replaceAll(' as ', ': ')}} = ${source};`)
            return lines.join(' ')
          },
        )
        .replace(
          'var __require = /* #__PURE__ */ (() => createRequire(import.meta.url))();',
          'var __made; var __require = (id) => (__made ??= createRequire(import.meta.url))(id);',
        )
      return { code: changed, map: null }
    },
  }
}

/** The files that every call reads, and those that a call of the daemon reads besides: each group becomes one file. */
const GROUPS = {
  command: ['cli/run-cli.ts'],
  call: ['cli/commands/exec.ts', 'app/load-settings.ts', 'app/open-app.ts', 'app/open-through-daemon.ts'],
}

/** For `codeSplitting` of the bundle. A group has what its files import in turn, but for what an earlier group has. */
export function chunkGroups(source) {
  let groupOf
  const groupFor = (id, bundle) => (groupOf ??= findGroups(source, bundle)).get(id)
  const groups = Object.keys(GROUPS).map((group, index) => ({
    name: (id, bundle) => (groupFor(id, bundle) === group ? group : null),
    debugName: group,
    priority: -index,
  }))
  return { includeDependenciesRecursively: false, groups }
}

function findGroups(source, bundle) {
  const groupOf = new Map()
  for (const [name, files] of Object.entries(GROUPS)) {
    const waiting = files.map((file) => join(source, file))
    for (const id of waiting) {
      const found = bundle.getModuleInfo(id)
      if (found === null) throw new Error(`${id} of the group '${name}' is not in the bundle`)
      if (groupOf.has(id) || found.isExternal) continue
      groupOf.set(id, name)
      waiting.push(...found.importedIds)
    }
  }
  return groupOf
}
