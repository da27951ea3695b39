import type { ExportManifest } from '../../../contracts/exchange.ts'
import type { ToolVersion } from '../../../contracts/tool.ts'
import { sha256 } from '../sha256.ts'
import { renderEditedFiles } from './render-skill.ts'

/**
 * Whether a tool still says what an export wrote of it into the skill `skillName`: code, tests, texts. Version numbers, states
 * and origins are each library's own and do not count. `version` is the number that stands on the page; null where the
 * page is gone, and does not count either.
 */
export function isAsExported(
  tool: ToolVersion,
  { manifest, skillName, version }: { manifest: ExportManifest; skillName: string; version: number | null },
): boolean {
  const [page, ...rest] = renderEditedFiles({ ...tool, version: version ?? tool.version }, skillName)
  const compared = version === null ? rest : [page, ...rest]
  return compared.every(({ path, content }) => manifest.files[`${skillName}/${path}`] === sha256(content))
}
