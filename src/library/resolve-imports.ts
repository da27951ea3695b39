import { HandaxeError } from '../contracts/errors.ts'
import type { ToolStore } from '../contracts/store.ts'
import type { NewTool, ToolState, ToolVersion } from '../contracts/tool.ts'

type Pins = ToolVersion['pins']

/** Tools in these states are kept out of use; a tool that rests on one would be out of use with it. */
const UNUSABLE: ReadonlySet<ToolState> = new Set(['quarantined', 'retired'])

/**
 * The current version of each tool that the code imports, or the one that is asked for. Throws `tool_rejected` where one is not there, is written in
 * another language, is out of use, or imports the tool itself, directly or through others.
 */
export async function resolveImports(
  store: Pick<ToolStore, 'findVersion' | 'findRecord'>,
  tool: NewTool,
): Promise<Pins> {
  const pins = new Map<string, number>()
  for (const used of new Set(tool.uses)) {
    const pin = tool.pins?.find(({ name }) => name === used || name === toSnakeCase(used))
    const imported =
      pin === undefined ? await findImported(store, used) : await store.findVersion(pin.name, pin.version)
    if (used === tool.name || imported?.name === tool.name) throw cycleError(tool.name, [tool.name])
    assertUsable(tool, used, imported)
    await assertEnabled(store, tool, imported.name)
    pins.set(imported.name, imported.version)
  }
  const resolved = [...pins].map(([name, version]) => ({ name, version }))
  await assertNoCycle(store, tool.name, resolved)
  return resolved.toSorted((left, right) => (left.name < right.name ? -1 : 1))
}

/** JavaScript may import a tool under its name in camelCase. */
async function findImported(store: Pick<ToolStore, 'findVersion'>, used: string): Promise<ToolVersion | null> {
  return (await store.findVersion(used)) ?? (await store.findVersion(toSnakeCase(used)))
}

export function toSnakeCase(name: string): string {
  return name
    .replaceAll(/(?<=[a-z0-9])[A-Z]|[A-Z](?=[a-z])/g, (letter) => `_${letter}`)
    .toLowerCase()
    .replace(/^_/, '')
}

export function toCamelCase(name: string): string {
  return name.replaceAll(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

function assertUsable(tool: NewTool, used: string, imported: ToolVersion | null): asserts imported is ToolVersion {
  if (imported === null) {
    throw rejection(tool.name, `imports ${used}, and the library has no such tool`, {
      hint: `Save ${used} first, or write what it does into the code.`,
      details: { missing: used },
    })
  }
  if (imported.language !== tool.language) {
    throw rejection(tool.name, `is written in ${tool.language} and imports ${used}, which is ${imported.language}`, {
      hint: 'Tools import tools of their own language: pass the value of one to the other instead.',
    })
  }
  // An alias is retired so that nobody finds it; what it calls is in use.
  if (UNUSABLE.has(imported.state) && imported.aliasOf === undefined) {
    throw rejection(tool.name, `imports ${used}, which is ${imported.state}`, {
      hint: `Repair ${used} first, or do without it.`,
    })
  }
}

async function assertEnabled(store: Pick<ToolStore, 'findRecord'>, tool: NewTool, used: string): Promise<void> {
  const record = await store.findRecord(used)
  if (record?.disabled !== true) return
  throw rejection(tool.name, `imports ${used}, which is disabled`, {
    hint: `Do without it, or let it in again: handaxe tools enable ${used}.`,
  })
}

/** By names: what imports an older version of the tool imports the tool. */
async function assertNoCycle(store: Pick<ToolStore, 'findVersion'>, name: string, pins: Pins): Promise<void> {
  const visited = new Set<string>()
  const visit = async (pin: Pins[number], path: string[]): Promise<void> => {
    if (pin.name === name) throw cycleError(name, path)
    const key = `${pin.name}@${pin.version}`
    if (visited.has(key)) return
    visited.add(key)
    const imported = await store.findVersion(pin.name, pin.version)
    for (const next of imported?.pins ?? []) await visit(next, [...path, pin.name])
  }
  for (const pin of pins) await visit(pin, [name])
}

function cycleError(name: string, path: string[]): HandaxeError {
  const cycle = [...path, name]
  return rejection(name, `would import itself: ${cycle.join(' → ')}`, {
    hint: 'Move what both need into a tool of its own.',
    details: { cycle },
  })
}

export function rejection(
  name: string,
  problem: string,
  options: { hint: string; details?: Record<string, unknown> },
): HandaxeError {
  return new HandaxeError('tool_rejected', `${name} ${problem}`, {
    hint: options.hint,
    details: { tool: name, ...options.details },
  })
}
