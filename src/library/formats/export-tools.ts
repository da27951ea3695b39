import { resolve } from 'node:path'
import { HandaxeError } from '../../contracts/errors.ts'
import {
  EXPORT_FORMATS,
  type ExportFormat,
  type ExportManifest,
  type ExportOptions,
  type ExportResult,
} from '../../contracts/exchange.ts'
import type { ToolVersion } from '../../contracts/tool.ts'
import { renderAiSdkModule } from './ai-sdk/render-module.ts'
import { BUNDLE_FILE, renderBundle } from './bundle/bundle-file.ts'
import { toBundledTools } from './bundle/bundled-tool.ts'
import { toJsonText } from './json-text.ts'
import { createManifest, MANIFEST_FILE } from './manifest/create-manifest.ts'
import { readManifest } from './manifest/read-manifest.ts'
import { renderPythonPackage, type PackageOptions } from './python/render-package.ts'
import { sha256 } from './sha256.ts'
import { isThere } from './read/open-source.ts'
import { renderSkills } from './skill/render-skill.ts'
import { toJsonRecord } from './tool-record.ts'
import { planExport, type ExportPlan } from './write/plan-export.ts'
import { isBelow, writeExport, type RenderedFile } from './write/write-export.ts'

type Rendered = { files: RenderedFile[]; manifest: ExportManifest } & Pick<ExportResult, 'leftOut' | 'notes'>

/**
 * Writes tools to a folder: as Agent Skills, a Python package, a module for the AI SDK, or one bundle. The same tools give
 * the same bytes. Of two versions of a tool the newer one is exported, the other only where one imports it. Rejects with
 * `tool_rejected` where what a tool imports is not among them, `invalid_request` where files would be lost that were
 * edited by hand, `disk_full`.
 */
export async function exportTools(tools: readonly ToolVersion[], options: ExportOptions): Promise<ExportResult> {
  const { format, folder, overwrite = false, leave = [] } = options
  const names = resolvePackage(options)
  assertFormat(format)
  const plan = planExport(tools, options.imported)
  const kept = await keptLines(folder, leave)
  const { files, manifest, leftOut, notes } = await render(plan, { format, names, leave, kept })
  const without = new Set(leftOut.map(({ name }) => name))
  const written = plan.tools.filter(({ name }) => !without.has(name))
  if (written.length === 0) throw nothingToExport(format, leftOut)
  const removed = await writeExport(folder, { kind: format, files, overwrite, leave })
  return {
    format,
    folder: resolve(folder),
    rootHash: manifest.rootHash,
    files: files.map(({ path }) => path),
    removed,
    tools: written.map(({ name, version }) => ({ name, version })),
    leftOut,
    notes,
  }
}

async function render(
  plan: ExportPlan,
  { format, names, ...left }: { format: ExportFormat; names: PackageOptions } & Left,
): Promise<Rendered> {
  switch (format) {
    case 'bundle': {
      const { value, manifest } = renderBundle(toBundledTools(plan))
      return { files: [{ path: BUNDLE_FILE, content: toJsonText(value) }], manifest, leftOut: [], notes: [] }
    }
    case 'skill':
      return withManifest(format, { files: await renderSkills(plan), leftOut: [], notes: [] }, left)
    case 'python':
      return withManifest(format, await renderPythonPackage(plan, names), left)
    case 'ai-sdk':
      return withManifest(format, { files: await renderAiSdkModule(plan, names), leftOut: [], notes: [] }, left)
  }
}

/** Folders that stay as they are, and what the previous manifest says of them. */
interface Left {
  leave: readonly string[]
  kept: ReadonlyMap<string, string>
}

async function keptLines(folder: string, leave: readonly string[]): Promise<Map<string, string>> {
  const previous = leave.length > 0 && (await isThere(folder)) ? await readManifest(folder) : null
  return new Map(Object.entries(previous?.files ?? {}).filter(([path]) => isBelow(path, leave)))
}

function withManifest(kind: ExportFormat, rendered: Omit<Rendered, 'manifest'>, { leave, kept }: Left): Rendered {
  const files = rendered.files.filter(({ path }) => !isBelow(path, leave))
  const written = files.map(({ path, content }): [string, string] => [path, sha256(content)])
  const manifest = createManifest(kind, new Map([...written, ...kept]))
  const content = toJsonText(toJsonRecord({ format: 'handaxe-export', ...manifest }))
  return { ...rendered, manifest, files: [...files, { path: MANIFEST_FILE, content }] }
}

function assertFormat(format: string): void {
  if (EXPORT_FORMATS.some((known) => known === format)) return
  throw new HandaxeError('invalid_request', `There is no form ${JSON.stringify(format)} for tools`, {
    hint: `Use one of ${EXPORT_FORMATS.join(', ')}.`,
  })
}

/** Of Python; they cannot be the name of a module. */
const KEYWORDS = new Set(
  'and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
)

function resolvePackage({ packageName = 'handaxe_tools', packageVersion = '0.1.0' }: ExportOptions): PackageOptions {
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(packageName) || KEYWORDS.has(packageName) || packageName === 'tools') {
    throw new HandaxeError('invalid_request', `${JSON.stringify(packageName)} is no name for a package of tools`, {
      hint: 'Use lower-case letters, digits and underscores, such as `team_tools`.',
    })
  }
  if (!/^\d{1,9}\.\d{1,9}\.\d{1,9}$/.test(packageVersion)) {
    throw new HandaxeError('invalid_request', `${JSON.stringify(packageVersion)} is no version for a package`, {
      hint: 'Use three numbers, such as `1.0.0`: pip and npm both take them.',
    })
  }
  return { packageName, packageVersion }
}

function nothingToExport(format: ExportFormat, leftOut: ExportResult['leftOut']): HandaxeError {
  const reasons = leftOut.map(({ name, reason }) => `${name} ${reason}`).slice(0, 5)
  return new HandaxeError(
    'invalid_request',
    reasons.length === 0
      ? 'There are no tools to export'
      : `No tool can be exported as ${format}: ${reasons.join(', ')}`,
    { hint: reasons.length === 0 ? 'See `handaxe tools list`.' : 'Use the form skill, ai-sdk or bundle.' },
  )
}
