import type { Library } from '../../contracts/library.ts'

/** Retires all versions of a tool, so that neither search nor plans find one. Nothing is deleted. */
export async function retireTool(library: Library, name: string, reason: string): Promise<void> {
  // Versions count from 1 without gaps.
  for (let version = 1; ; version += 1) {
    const tool = await library.find(name, version)
    if (tool === null) return
    if (tool.state !== 'retired') await library.setState(name, version, 'retired', reason)
  }
}
