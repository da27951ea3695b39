import { join } from 'node:path'
import type { ImportCandidate } from '../../../contracts/exchange.ts'
import { READING_LIMITS } from '../read/limits.ts'
import { readTextFile } from '../read/read-text-file.ts'
import { addFile, emptyReading, type PartialReading } from '../read/reading.ts'
import { readSource } from '../read/read-source.ts'
import { parseSkillPage, type Frontmatter } from './frontmatter.ts'
import type { SkillFolder } from './read-skill.ts'

/** A skill of others: each of its scripts that could be a tool, with what the skill says of itself. */
export async function readForeignSkill(skill: SkillFolder): Promise<PartialReading> {
  const reading = emptyReading()
  const frontmatter = await readFrontmatter(skill, reading)
  for (const path of skill.files) {
    if (path !== skill.page) addFile(reading, path, await readSource(skill.root, path, skill.neighboursOf))
  }
  if (frontmatter === null) return reading
  const isOnly = reading.candidates.length === 1
  return { ...reading, candidates: reading.candidates.map((candidate) => describe(candidate, { frontmatter, isOnly })) }
}

async function readFrontmatter(skill: SkillFolder, reading: PartialReading): Promise<Frontmatter | null> {
  const page = await readTextFile(join(skill.root, skill.page), READING_LIMITS.skillTextBytes)
  if ('problem' in page) {
    reading.leftOut.push({ path: skill.page, reason: page.problem })
    return null
  }
  const { frontmatter, problem } = parseSkillPage(page.text)
  if (problem !== null) reading.notes.push(`${skill.page}: ${problem}`)
  return frontmatter
}

/** Of several scripts nobody can say which one the description means. */
function describe(
  candidate: ImportCandidate,
  { frontmatter, isOnly }: { frontmatter: Frontmatter; isOnly: boolean },
): ImportCandidate {
  const { name, description, license } = frontmatter
  return {
    ...candidate,
    ...(isOnly ? { whenToUse: description } : {}),
    declared: { ...candidate.declared, skill: { name, description, ...(license === undefined ? {} : { license }) } },
  }
}
