import type { ExportFormat, ExportResult } from '../../contracts/exchange.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Library } from '../../contracts/library.ts'
import type { ToolState, ToolTest, ToolVersion } from '../../contracts/tool.ts'
import { exportTools } from '../../library/formats/export-tools.ts'
import type { App } from '../open-app.ts'
import { parseToolReference } from '../parse-tool-reference.ts'

/** Of a whole library these stay here; by name they go out all the same. */
const LEFT_HERE: ReadonlySet<ToolState> = new Set(['quarantined', 'retired'])

export interface ExportLibraryOptions {
  format: ExportFormat
  folder: string
  /** As `name` or `name@version`; empty for the whole library. */
  names?: readonly string[]
  /** False leaves out the requests that tools were made for: they may say more than the tools. Default true. */
  requests?: boolean
  /** Replaces files that were edited by hand. */
  overwrite?: boolean
  packageName?: string
}

/** Exports tools with all that they import. Rejects as `exportTools` does, and with `unknown_tool`. */
export async function exportLibrary(
  app: Pick<App, 'library'>,
  { names = [], requests = true, ...options }: ExportLibraryOptions,
): Promise<ExportResult> {
  const library = await app.library()
  const tools = names.length === 0 ? await wholeLibrary(library) : await named(library, names)
  if (tools.length === 0) {
    throw new HandaxeError('invalid_request', 'There are no tools to export', { hint: 'See `handaxe tools list`.' })
  }
  const imported = await collectImported(library, tools)
  const strip = requests ? (tool: ToolVersion) => tool : withoutRequest
  return exportTools(tools.map(strip), { ...options, imported: imported.map(strip) })
}

async function wholeLibrary(library: Library): Promise<ToolVersion[]> {
  const summaries = (await library.list()).filter(({ state, disabled }) => !disabled && !LEFT_HERE.has(state))
  return Promise.all(summaries.map(({ name, version }) => library.get(name, version)))
}

function named(library: Library, names: readonly string[]): Promise<ToolVersion[]> {
  return Promise.all(
    names.map((reference) => {
      const { name, version } = parseToolReference(reference)
      return library.get(name, version)
    }),
  )
}

/** The versions that the tools import, directly and through others. */
export async function collectImported(library: Library, tools: readonly ToolVersion[]): Promise<ToolVersion[]> {
  const keyOf = ({ name, version }: { name: string; version: number }): string => `${name}@${version}`
  const asked = new Set(tools.map(keyOf))
  const found = new Map<string, ToolVersion>()
  const queue = tools.flatMap(({ pins }) => pins)
  // A list is walked to its end, what is added on the way included.
  for (const pin of queue) {
    if (asked.has(keyOf(pin)) || found.has(keyOf(pin))) continue
    const tool = await library.get(pin.name, pin.version)
    found.set(keyOf(pin), tool)
    queue.push(...tool.pins)
  }
  return [...found.values()]
}

/** Without the words of those who asked for it, the data that they gave it, and the run in which both stand. */
export function withoutRequest<Tool extends ToolVersion>(tool: Tool): Tool {
  const { earlierRequests = [], ...provenance } = tool.provenance
  return {
    ...tool,
    exampleRequests: tool.exampleRequests.filter((request) => !earlierRequests.includes(request)),
    tests: tool.tests.filter((test) => !isFromRequest(test)),
    provenance: { ...provenance, request: null, runId: null },
  }
}

export function isFromRequest(test: ToolTest): boolean {
  return test.kind === 'example' && test.fromRequest === true
}
