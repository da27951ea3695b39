import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImportCandidate } from '../../../src/contracts/exchange.ts'
import { exportTools } from '../../../src/library/formats/export-tools.ts'
import { readTools } from '../../../src/library/formats/read-tools.ts'
import { readSignature, type SignatureReading } from '../../../src/library/read-signature.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { temporaryFolder, writeFiles } from './support/temporary-folder.ts'
import { ALL_TOOLS } from './support/tools.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

function readInSandbox({ language, code }: ImportCandidate): Promise<SignatureReading> {
  return readSignature(opened.sandbox, { language, code })
}

test.each(['skill', 'python', 'ai-sdk', 'bundle'] as const)(
  'what comes back from the form %s is what the library reads again from its code',
  async (format) => {
    const folder = await temporaryFolder()
    await exportTools(ALL_TOOLS, { format, folder })
    const { candidates } = await readTools(folder)
    expect(candidates).toHaveLength(format === 'python' ? 2 : 4)
    for (const candidate of candidates) {
      const reading = await readInSandbox(candidate)
      if ('problems' in reading) throw new Error(reading.problems.join(' '))
      const original = ALL_TOOLS.find(({ name }) => name === candidate.name)
      expect(reading.signature.name).toBe(original?.name)
      expect(reading.signature.uses).toEqual(original?.uses)
      expect(Object.keys(reading.signature.inputSchema['properties'] ?? {})).toEqual(
        Object.keys(original?.inputSchema['properties'] ?? {}),
      )
    }
  },
)

/** One line: a JSON record with the prompt, the solution and the name of the function. */
interface Program {
  entry_point: string
  prompt: string
  canonical_solution: string
}

test(
  'files of others: no problem here means no problem in the sandbox, and the same name',
  { timeout: 120_000 },
  async () => {
    const text = await readFile(join(import.meta.dirname, '../../fixtures/programs/humaneval-python.jsonl'), 'utf8')
    const programs = text
      .split('\n')
      .filter(Boolean)
      .slice(0, 60)
      .map((line) => JSON.parse(line) as Program)
    const files = programs.map(({ prompt, canonical_solution: solution }, index) => [
      `p${index}.py`,
      `${prompt}${solution}`,
    ])
    const { candidates, leftOut } = await readTools(
      await writeFiles(await temporaryFolder(), Object.fromEntries(files) as Record<string, string>),
    )
    expect(candidates).toHaveLength(60)
    expect(leftOut).toEqual([])
    let sound = 0
    for (const candidate of candidates) {
      if (candidate.problems.length > 0) continue
      const reading = await readInSandbox(candidate)
      expect('signature' in reading ? reading.signature.name : reading.problems).toBe(candidate.name)
      sound += 1
    }
    expect(sound).toBeGreaterThan(10)
  },
)
