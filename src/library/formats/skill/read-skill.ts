import { basename, join } from 'node:path'
import { z } from 'zod'
import type { ImportCandidate, ManifestCheck } from '../../../contracts/exchange.ts'
import { recogniseFormat } from '../format-version.ts'
import { parseJsonText } from '../json-text.ts'
import { createRecordedCandidate } from '../read/create-candidate.ts'
import { READING_LIMITS } from '../read/limits.ts'
import { readTextFile, type TextFile } from '../read/read-text-file.ts'
import { addFile, emptyReading, type PartialReading } from '../read/reading.ts'
import { isCode, readCode, readSource } from '../read/read-source.ts'
import { describeIssues, readTests, toolRecordSchema } from '../tool-record.ts'
import { parseSkillPage } from './frontmatter.ts'
import { normaliseSkillText, parseSkillText, type SkillText } from './skill-text.ts'

/** A folder with a `SKILL.md` somewhere below what is read. */
export interface SkillFolder {
  root: string
  /** Below the root, empty for the root itself. */
  folder: string
  /** Of the `SKILL.md`, below the root. */
  page: string
  /** All files in it, below the root. */
  files: string[]
  neighboursOf: (path: string) => (name: string) => boolean
  manifest: ManifestCheck | null
}

const skillRecordSchema = toolRecordSchema.extend({
  script: z.string().max(300),
  hashes: z.record(z.string(), z.string()).catch({}),
})

type SkillRecord = z.infer<typeof skillRecordSchema>

/** What an export writes beside what is edited there. */
const GENERATED = /^(?:run\.(?:py|mjs)|package\.json|imports\/tools\/.+)$/

/** A skill that handaxe exported. Null for one of others; a note says so where its record cannot be read. */
export async function readOwnSkill(skill: SkillFolder): Promise<PartialReading | { note: string } | null> {
  const record = await readRecord(skill)
  if (record === null || 'note' in record) return record
  if ('leftOut' in record) return { ...emptyReading(), leftOut: [record.leftOut] }
  const script = findScript(skill, record)
  if (script === null) {
    const reason = `has no ${record.script}, which its tool.json names`
    return { ...emptyReading(), leftOut: [{ path: skill.folder || '.', reason }] }
  }
  const reading = emptyReading()
  const parts = await readParts(skill, { record, script })
  if ('reason' in parts) addFile(reading, script, parts)
  else reading.candidates.push(parts)
  await addOtherFiles(reading, { skill, record, script })
  return reading
}

async function readRecord(
  skill: SkillFolder,
): Promise<SkillRecord | { note: string } | { leftOut: { path: string; reason: string } } | null> {
  const path = inSkill(skill, 'tool.json')
  if (!skill.files.includes(path)) return null
  const note = (problem: string): { note: string } => ({ note: `${path} ${problem}: what it says is not taken.` })
  const file = await readTextFile(join(skill.root, path), READING_LIMITS.recordBytes)
  if ('problem' in file) return note(file.problem)
  const parsed = parseJsonText(file.text)
  if ('problem' in parsed) return note(parsed.problem)
  const known = recogniseFormat(parsed.value, 'handaxe-tool')
  if (known === 'other') return null
  if (known !== 'ours') return { leftOut: { path: skill.folder || '.', reason: known.problem } }
  const record = skillRecordSchema.safeParse(parsed.value)
  return record.success ? record.data : note(`is damaged (${describeIssues(record.error)})`)
}

/** Where it was renamed by hand, the only other script there is. */
function findScript(skill: SkillFolder, { script }: SkillRecord): string | null {
  const named = inSkill(skill, script)
  if (skill.files.includes(named)) return named
  const scripts = skill.files.filter((path) => path.startsWith(inSkill(skill, 'scripts/')) && isCode(path))
  return scripts.length === 1 ? (scripts[0] ?? null) : null
}

async function readParts(
  skill: SkillFolder,
  { record, script }: { record: SkillRecord; script: string },
): Promise<ImportCandidate | { reason: string }> {
  const code = await readCode(join(skill.root, script))
  if ('problem' in code) return { reason: code.problem }
  const page = await readTextFile(join(skill.root, skill.page), READING_LIMITS.skillTextBytes)
  const tests = await readTestFile(skill)
  const files = new Map([
    ['SKILL.md', page],
    [record.script, code],
    ['tests.json', tests.file],
  ])
  const { text, notes } =
    'problem' in page ? { text: record, notes: [`${skill.page} ${page.problem}.`] } : readText(page, record)
  const { script: _script, hashes: _hashes, ...declared } = record
  const candidate = createRecordedCandidate(
    // Some tools are kept with other line ends: they are no edit.
    { sourcePath: script, language: record.language, code: code.hash === record.codeHash ? code.original : code.text },
    {
      record: { ...declared, whenToUse: text.whenToUse ?? '', exampleRequests: text.exampleRequests ?? [] },
      changed: isChanged(skill, { record, files }),
      problems: tests.problems,
      notes,
    },
  )
  return { ...candidate, tests: tests.tests }
}

async function readTestFile(
  skill: SkillFolder,
): Promise<ReturnType<typeof readTests> & { file: TextFile | { problem: string } }> {
  const path = inSkill(skill, 'tests.json')
  if (!skill.files.includes(path)) return { tests: [], problems: [], file: { problem: 'is missing' } }
  const file = await readTextFile(join(skill.root, path), READING_LIMITS.recordBytes)
  if ('problem' in file) return { tests: [], problems: [`${path} ${file.problem}.`], file }
  const parsed = parseJsonText(file.text)
  if ('problem' in parsed) return { tests: [], problems: [`${path} ${parsed.problem}.`], file }
  return { ...readTests(parsed.value), file }
}

/**
 * The record has these texts as they are, the page as a person reads them. Where somebody changed the page, what it says
 * counts; everything else on it is shown there and decided in the code.
 */
function readText(page: TextFile, record: SkillRecord): { text: Partial<SkillText>; notes: string[] } {
  const { whenToUse = '', exampleRequests = [], hashes } = record
  const recorded = { whenToUse, exampleRequests }
  if (hasHash(page, hashes['SKILL.md'])) return { text: recorded, notes: [] }
  const shown = parseSkillText(parseSkillPage(page.text).body)
  const known = normaliseSkillText(recorded)
  const isSameUse = shown.whenToUse === known.whenToUse
  const isSameRequests = JSON.stringify(shown.exampleRequests) === JSON.stringify(known.exampleRequests)
  const text = {
    whenToUse: isSameUse ? whenToUse : shown.whenToUse,
    exampleRequests: isSameRequests ? exampleRequests : shown.exampleRequests,
  }
  if (!isSameUse || !isSameRequests) return { text, notes: [] }
  const note = 'SKILL.md was edited where it is not read: only "When to use" and the requests are taken from it.'
  return { text, notes: [note] }
}

/** By the manifest where there is one that knows the skill, else by the hashes in the record. */
function isChanged(
  { manifest, folder, page }: SkillFolder,
  { record, files }: { record: SkillRecord; files: Map<string, TextFile | { problem: string }> },
): boolean | null {
  if (manifest !== null && !manifest.added.includes(page)) {
    const prefix = folder === '' ? '' : `${folder}/`
    const isOurs = (path: string): boolean => path.startsWith(prefix) && !GENERATED.test(path.slice(prefix.length))
    return [...manifest.changed, ...manifest.missing].some(isOurs)
  }
  const known = [...files].filter(([name]) => record.hashes[name] !== undefined)
  if (known.length === 0) return null
  return known.some(([name, file]) => 'problem' in file || !hasHash(file, record.hashes[name]))
}

function hasHash({ hash, textHash }: TextFile, recorded: string | undefined): boolean {
  return hash === recorded || textHash === recorded
}

async function addOtherFiles(
  reading: PartialReading,
  { skill, record, script }: { skill: SkillFolder; record: SkillRecord; script: string },
): Promise<void> {
  const known = new Set([skill.page, script, ...['tool.json', 'tests.json'].map((name) => inSkill(skill, name))])
  for (const path of skill.files) {
    if (known.has(path)) continue
    const name = path.slice(inSkill(skill, '').length)
    if (!GENERATED.test(name)) addFile(reading, path, await readSource(skill.root, path, skill.neighboursOf))
    else if (skill.manifest?.changed.includes(path) === true || skill.manifest?.added.includes(path) === true) {
      const reason = `is written by the export and was edited: edit ${name.startsWith('imports/') ? `the skill of ${basename(name)}` : record.script}`
      reading.leftOut.push({ path, reason })
    }
  }
}

function inSkill({ folder }: SkillFolder, name: string): string {
  return folder === '' ? name : `${folder}/${name}`
}
