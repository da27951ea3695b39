import { dirname } from 'node:path'
import type { ManifestCheck } from '../../../contracts/exchange.ts'
import { MANIFEST_FILE } from '../manifest/create-manifest.ts'
import { readForeignSkill } from '../skill/read-foreign-skill.ts'
import { readOwnSkill, type SkillFolder } from '../skill/read-skill.ts'
import { addTo, emptyReading, type PartialReading } from './reading.ts'
import { indexNeighbours } from './read-source.ts'

/** All skills below a folder, those that handaxe exported and those of others. */
export async function readSkills(
  root: string,
  { files, manifest }: { files: readonly string[]; manifest: ManifestCheck | null },
): Promise<PartialReading> {
  const reading = emptyReading()
  const { skills, outside } = groupBySkill(files)
  const neighboursOf = indexNeighbours(files)
  for (const { page, files: own } of skills.values()) {
    const folder = dirname(page) === '.' ? '' : dirname(page)
    addTo(reading, await readSkill({ root, folder, page, files: own, neighboursOf, manifest }))
  }
  for (const path of outside) {
    if (path !== MANIFEST_FILE) reading.leftOut.push({ path, reason: 'lies outside of the skills: read it by itself' })
  }
  return reading
}

async function readSkill(skill: SkillFolder): Promise<PartialReading> {
  const own = await readOwnSkill(skill)
  if (own !== null && !('note' in own)) return own
  const foreign = await readForeignSkill(skill)
  return own === null ? foreign : { ...foreign, notes: [own.note, ...foreign.notes] }
}

export function isSkillPage(path: string): boolean {
  return /(?:^|\/)SKILL\.md$/i.test(path)
}

/** A file belongs to the nearest skill above it. */
function groupBySkill(files: readonly string[]): {
  skills: Map<string, { page: string; files: string[] }>
  outside: string[]
} {
  const skills = new Map<string, { page: string; files: string[] }>()
  for (const page of files.filter(isSkillPage)) {
    if (!skills.has(dirname(page))) skills.set(dirname(page), { page, files: [] })
  }
  const outside: string[] = []
  for (const path of files) {
    let folder = dirname(path)
    while (folder !== '.' && !skills.has(folder)) folder = dirname(folder)
    const skill = skills.get(folder)
    if (skill === undefined) outside.push(path)
    else skill.files.push(path)
  }
  return { skills, outside }
}
