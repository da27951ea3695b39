import { basename } from 'node:path'
import { z } from 'zod'
import type { ImportCandidate, ToolReading } from '../../../contracts/exchange.ts'
import { createRecordedCandidate } from '../read/create-candidate.ts'
import { READING_LIMITS } from '../read/limits.ts'
import { addFile, emptyReading, finishReading } from '../read/reading.ts'
import { describeIssues, readTests, toolRecordSchema } from '../tool-record.ts'
import { readBundleFile, type BundleEntry } from './bundle-file.ts'

const bundledToolSchema = toolRecordSchema.extend({
  code: z.string().max(READING_LIMITS.codeBytes),
  tests: z.json().optional(),
})

/** All tools of a bundle. Rejects with `invalid_input_file` for what is none, or one of a newer format. */
export async function readBundle(path: string): Promise<ToolReading> {
  const { entries, check } = await readBundleFile(path)
  const reading = emptyReading()
  for (const entry of entries) {
    const sourcePath = `${basename(path)}#${entry.key}`
    addFile(reading, sourcePath, readEntry(entry, sourcePath))
  }
  return finishReading('bundle', reading, check)
}

function readEntry({ tool, changed }: BundleEntry, sourcePath: string): ImportCandidate | { reason: string } {
  const read = bundledToolSchema.safeParse(tool)
  if (!read.success) return { reason: `is damaged: ${describeIssues(read.error)}` }
  const { code, tests: written, ...record } = read.data
  if (code.includes('\0')) return { reason: 'is no text: its code holds NUL characters' }
  const { tests, problems } = readTests(written ?? [])
  const candidate = createRecordedCandidate(
    { sourcePath, language: record.language, code: code.toWellFormed() },
    { record, changed, problems, notes: [] },
  )
  return { ...candidate, tests }
}
