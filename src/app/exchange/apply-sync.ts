import type { ExportResult } from '../../contracts/exchange.ts'
import type { Library } from '../../contracts/library.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { exportTools } from '../../library/formats/export-tools.ts'
import type { App } from '../open-app.ts'
import { collectImported, withoutRequest } from './export-library.ts'
import type { SyncItem, SyncPlan } from './plan-sync.ts'
import { saveImport } from './save-import.ts'

/** Tools that have files in the folder afterwards. */
const IN_FOLDER: ReadonlySet<SyncItem['action']> = new Set(['none', 'import', 'write', 'conflict', 'refused'])

/**
 * Does what the plan says: the library first, because what is written to the folder is what it then has. Gives what was
 * written; null where nothing had to be.
 */
export async function applySync(app: Pick<App, 'library'>, plan: SyncPlan): Promise<ExportResult | null> {
  const library = await app.library()
  await saveImport(app, plan.imports)
  const saved = plan.items.map((item): SyncItem => {
    return item.imported?.outcome === 'refused' ? { ...item, action: 'refused' } : item
  })
  plan.items.splice(0, plan.items.length, ...saved)
  for (const { name, action, imported } of plan.items) {
    if (action === 'import' && imported?.outcome === 'same') await bringBack(library, name)
    if (action !== 'retire') continue
    await library.retire(name, { reason: 'its folder was removed, and the library brought in step', by: 'person' })
  }
  const isQuiet = plan.items.every(({ action }) => action === 'none' || action === 'conflict' || action === 'refused')
  return isQuiet ? null : writeFolder(library, plan)
}

/** Where the folder has what was retired here, to the letter, there is nothing to import: it is in use again. */
async function bringBack(library: Library, name: string): Promise<void> {
  const tool = await library.find(name)
  if (tool === null || tool.state !== 'retired' || tool.aliasOf !== undefined) return
  await library.rollback(name, { version: tool.version, reason: 'the folder has it, and was preferred' })
}

async function writeFolder(
  library: Library,
  { folder, items, requests, skills }: SyncPlan,
): Promise<ExportResult | null> {
  const tools: ToolVersion[] = []
  const leave: string[] = []
  const taken: string[] = []
  for (const { name, action } of items) {
    const skill = skills.get(name)
    if (skill === undefined) continue
    // Edits of a tool that goes are given up with it: that was asked for.
    if (action === 'remove') taken.push(skill.path)
    if (!IN_FOLDER.has(action)) continue
    // What came in as it was exported stays as it is: version numbers and dates are each library's own.
    const isWritten = skill.isOurs && (action === 'write' || (action === 'import' && skill.changed !== false))
    const tool = await library.find(name)
    const isKept = tool !== null && skill.isOurs && tool.state !== 'retired' && tool.state !== 'quarantined'
    if (isKept) tools.push(tool)
    if (isWritten && isKept) taken.push(skill.path)
    else leave.push(skill.path)
  }
  // Nothing can be rendered of nothing: the last skills are removed by hand.
  if (tools.length === 0) return null
  const imported = await collectImported(library, tools)
  const strip = requests ? (tool: ToolVersion) => tool : withoutRequest
  return exportTools(tools.map(strip), {
    format: 'skill',
    folder,
    imported: imported.map(strip),
    overwrite: taken,
    leave: leave.filter((path) => path !== ''),
  })
}
