import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReviewReason } from '../../src/admission/review/parse-review.ts'
import type { ToolUnderTest } from '../../src/admission/subject.ts'
import type { ToolSpecification } from '../../src/contracts/run.ts'
import type { Sandbox } from '../../src/contracts/sandbox.ts'
import type { ToolTest, ToolVersion } from '../../src/contracts/tool.ts'
import { NO_NEEDS } from '../../src/contracts/tool.ts'
import { checkCode } from '../../src/library/check-code.ts'
import { readSignature } from '../../src/library/read-signature.ts'

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'admission')

export interface Expected {
  check: string
  code: string
  /** Of an unsteady one: what that comes from. */
  source?: string
  /** Of a twin: the tool that is to be used instead. */
  twin?: string
  /** What the static checks have to name as well. */
  static?: string
  why: string
}

export interface PlantedTool {
  name: string
  tool: ToolUnderTest
  specification: ToolSpecification
  tests: ToolTest[]
  /** What the static checks of the library say. */
  problems: string[]
  /** Of a bad one: which check has to refuse it, with which word. */
  expected: Expected | null
  /** Of one that only a reader sees through: what a careful reviewer says. */
  review: { verdict: 'reject'; reasons: ReviewReason[] } | null
}

interface Description extends Pick<PlantedTool, 'specification' | 'tests'> {
  request?: string
  expected?: Expected
  review?: NonNullable<PlantedTool['review']>
}

export function plantedNames(kind: 'good' | 'bad'): Promise<string[]> {
  return readdir(join(FOLDER, kind))
}

/** A tool of `test/fixtures/admission` with its signature as the library reads it. Programs of properties are files beside it. */
export async function loadPlanted(sandbox: Sandbox, kind: 'good' | 'bad', name: string): Promise<PlantedTool> {
  const folder = join(FOLDER, kind, name)
  const text = (file: string): Promise<string> => readFile(join(folder, file), 'utf8')
  const description = JSON.parse(await text('tool.json')) as Description
  const { specification } = description
  const { language } = specification
  const code = await text(language === 'python' ? 'tool.py' : 'tool.mjs')
  const reading = await readSignature(sandbox, { language, code, expectedName: name })
  if ('problems' in reading) throw new Error(`${name}: ${reading.problems.join(' ')}`)
  const tests = await Promise.all(
    description.tests.map(async (test) =>
      test.kind === 'property' ? { ...test, program: await text(test.program) } : test,
    ),
  )
  return {
    name,
    tool: { code, signature: reading.signature, tools: [] },
    specification,
    tests,
    problems: checkCode({ ...reading, language, code, specification, request: description.request ?? '' }),
    expected: description.expected ?? null,
    review: description.review ?? null,
  }
}

/** As the library would keep it. */
export function toVersion({ tool, specification, tests }: PlantedTool, version = 1): ToolVersion {
  return {
    ...tool.signature,
    version,
    needs: NO_NEEDS,
    admission: null,
    code: tool.code,
    codeHash: '',
    whenToUse: specification.whenToUse,
    exampleRequests: [],
    tests,
    pins: [],
    provenance: {
      runId: null,
      model: null,
      createdAt: '2026-01-01T00:00:00.000Z',
      source: 'imported',
      request: null,
      repairs: 0,
      tokens: 0,
      costUsd: null,
    },
    state: 'verified',
    stateReason: '',
  }
}
