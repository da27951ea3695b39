import { HandaxeError } from '../../contracts/errors.ts'
import { USABLE_STATES, type NewTool, type ToolState, type ToolVersion } from '../../contracts/tool.ts'
import { holdAgainst } from '../repair/hold-against.ts'
import type { RunContext } from '../run/run-context.ts'
import { withFirstCall, type FirstCall } from './first-call.ts'
import { toUnsavedVersion } from './to-unsaved-version.ts'

/**
 * Saves a tool in the library (unless the run keeps nothing) and puts it on the run's own shelf. A candidate may be used by
 * this run; no later one is offered it. A tool never takes the place of a version that it was not held against: that of the
 * same name which was taken out of use, or one that another run saved in the meantime. Rejects with `tool_rejected`.
 */
export async function saveTool(context: RunContext, tool: NewTool): Promise<ToolVersion> {
  const saved = context.save ? await saveHeld(context, tool) : toUnsavedVersion(tool)
  context.shelf.add(saved, { saved: context.save })
  context.progress.made.push({ name: saved.name, version: saved.version, saved: context.save })
  return saved
}

/** Tells what became of a tool, when its tests are complete. */
export function announceTool(context: RunContext, stepId: string, tool: ToolVersion): void {
  const { name, version } = tool
  context.events.emit({ type: 'tool-saved', stepId, name, version, tests: tool.tests.length, saved: context.save })
  if (tool.state !== 'candidate') return
  const message = `${name} v${version} is a candidate, which later runs are not offered: ${tool.stateReason}`
  context.events.emit({ type: 'warning', code: 'tool_rejected', message })
}

/** Its first real call becomes one more test of a tool that is saved already. */
export async function addFirstCall(
  context: RunContext,
  saved: ToolVersion,
  call: FirstCall | null,
): Promise<ToolVersion> {
  const whole = withFirstCall(saved, call)
  if (whole === saved) return saved
  const { tests, admission } = whole
  const tool = context.save ? await amend(context, saved, { tests, admission }) : whole
  context.shelf.add(tool, { saved: context.save })
  return tool
}

async function amend(
  { dependencies }: RunContext,
  saved: ToolVersion,
  amended: Pick<ToolVersion, 'tests' | 'admission'>,
): Promise<ToolVersion> {
  try {
    return await dependencies.library.amend(saved.name, saved.version, amended)
  } catch (error) {
    // Somebody removed it while it ran. Its value is good all the same.
    if (!HandaxeError.isInstance(error) || error.code !== 'unknown_tool') throw error
    return saved
  }
}

async function saveHeld(context: RunContext, tool: NewTool): Promise<ToolVersion> {
  const { library } = context.dependencies
  const { name } = tool
  // A repair was held against all versions that it found.
  const isHeld = tool.heldAgainst !== undefined
  const standing = await findStanding(context, name)
  const held = isHeld ? tool : await holdAgainst(context, { tool, old: standing.predecessor })
  const newest = tool.heldAgainst ?? standing.newest
  const saved = await library.save({ ...held, heldAgainst: newest })
  const wasOvertaken = isUsable(held) && saved.version > newest && saved.state === 'candidate'
  if (!wasOvertaken) return saved
  // Another run saved a version in the meantime: this one has to hold what that one holds, too.
  const other = await findStanding(context, name)
  const again = await holdAgainst(context, { tool: held, old: other.predecessor })
  await library.amend(name, saved.version, { tests: again.tests, admission: saved.admission })
  await library.setState(name, saved.version, again.state ?? 'candidate', again.stateReason ?? '')
  return library.get(name, saved.version)
}

/**
 * The newest version of a name, and the one that a new version would take the place of: the last that was in use, unless a
 * person retired it or this run made it itself and now makes it again.
 */
async function findStanding(
  { dependencies, progress }: RunContext,
  name: string,
): Promise<{ newest: number; predecessor: ToolVersion | null }> {
  const { library } = dependencies
  if ((await library.find(name)) === null) return { newest: 0, predecessor: null }
  const { versions } = await library.record(name)
  const last = versions.findLast(({ wasUsable }) => wasUsable)
  const isOwn = progress.made.some((made) => made.name === name && made.version === last?.version)
  const counts = last !== undefined && !isOwn && (isUsable(last) || last.state === 'quarantined')
  const newest = versions.at(-1)?.version ?? 0
  return { newest, predecessor: counts ? await library.get(name, last.version) : null }
}

function isUsable({ state = 'candidate' }: { state?: ToolState }): boolean {
  return USABLE_STATES.includes(state)
}

/** True where saving failed for the code's sake, which a new plan may avoid. */
export function isRejection(error: unknown): boolean {
  return HandaxeError.isInstance(error) && (error.code === 'tool_rejected' || error.code === 'unknown_tool')
}
