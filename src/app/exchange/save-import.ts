import { HandaxeError } from '../../contracts/errors.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import type { App } from '../open-app.ts'
import { refuse, type ImportItem, type Pending } from './import-item.ts'
import type { ImportPlan } from './plan-import.ts'

/**
 * Saves what was verified, each tool after what it imports, and writes the versions into the items. What cannot be saved,
 * because the library changed in the meantime, is refused with the reason; rejects with `store_…` only.
 */
export async function saveImport(
  app: Pick<App, 'library'>,
  { items, pending }: Pick<ImportPlan, 'items' | 'pending'>,
): Promise<ImportItem[]> {
  const library = await app.library()
  const saved = new Map<string, number>()
  /** By name, the newest version that this import saved. */
  const own = new Map<string, number>()
  for (const one of pending) {
    const { tool, item } = one
    if (tool === null) continue
    const lost = one.pins.find((pin) => versionOf(pin, saved) === undefined)
    if (lost !== undefined) {
      refuse(item, [`It imports ${lost.name}, which was not saved.`])
      continue
    }
    try {
      const pins = one.pins.map((pin) => ({ name: pin.name, version: versionOf(pin, saved) ?? 0 }))
      const heldAgainst = Math.max(one.newest, own.get(tool.name) ?? 0)
      const version = await library.save({ ...tool, ...(one.hasOlderPins ? { pins } : {}), heldAgainst })
      const isNew = version.version > heldAgainst
      own.set(version.name, Math.max(heldAgainst, version.version))
      item.version = version.version
      saved.set(one.carried ?? version.name, version.version)
      if (version.state !== tool.state) {
        item.state = isNew && version.state === 'candidate' ? 'candidate' : null
        item.notes.push(
          isNew
            ? `It is a ${version.state}: ${version.stateReason}. Import it again, or: handaxe tools verify ${version.name}`
            : `Version ${version.version} of the library is the same, and is ${version.state}.`,
        )
      }
      if (hasOtherPins(one, version, saved)) {
        const reason = 'what it imports was changed while it was imported: import it again'
        await library.setState(version.name, version.version, 'candidate', reason)
        item.state = 'candidate'
        item.notes.push(`It stays a candidate: ${reason}.`)
      }
    } catch (error) {
      if (!HandaxeError.isInstance(error) || error.code !== 'tool_rejected') throw error
      refuse(item, [error.message])
    }
  }
  return items
}

/** What it was saved as, or is; undefined where it was not saved. */
function versionOf(pin: Pending['pins'][number], saved: ReadonlyMap<string, number>): number | undefined {
  return pin.version ?? saved.get(pin.carried ?? pin.name)
}

/** Another process may have saved a newer version of an import, with which nothing was verified. */
function hasOtherPins({ pins }: Pending, version: ToolVersion, saved: ReadonlyMap<string, number>): boolean {
  return pins.some((pin) => {
    return version.pins.find(({ name }) => name === pin.name)?.version !== versionOf(pin, saved)
  })
}
