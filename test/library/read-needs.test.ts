import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ToolLanguage } from '../../src/contracts/sandbox.ts'
import type { ToolNeeds } from '../../src/contracts/tool.ts'
import { readNeeds } from '../../src/library/read-needs.ts'
import { readSignature } from '../../src/library/read-signature.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'

let opened: TestSandbox
beforeAll(async () => {
  opened = await borrowTestSandbox()
})
afterAll(() => opened.close())

async function needsOf(language: ToolLanguage, code: string): Promise<ToolNeeds> {
  const reading = await readSignature(opened.sandbox, { language, code })
  if ('problems' in reading) throw new Error(reading.problems.join('\n'))
  return readNeeds(language, reading.facts)
}

const python = (head: string, body: string): string =>
  `${head}\n\n\ndef f(x: float) -> float:\n    """Gives x.\n\n    Args:\n        x: A number.\n\n    Returns:\n        It.\n    """\n    ${body}\n    return x\n`

test('what a module defines is known by name, in both languages', async () => {
  const definitions = async (language: ToolLanguage, code: string): Promise<string[]> => {
    const reading = await readSignature(opened.sandbox, { language, code })
    return 'facts' in reading ? reading.facts.definitions : reading.problems
  }
  const class_ = 'class _Row:\n    pass\n\n\ndef _helper() -> int:\n    return 1'
  expect(await definitions('python', python(class_, 'inner = 1'))).toEqual(['_Row', '_helper', 'f'])
  const module = `const RATE = 2
function helper() { return RATE }
export const tool = { name: 'f', description: 'Gives x.', inputSchema: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] }, outputSchema: { type: 'number' } }
export default function f({ x }) { return x * helper() }
`
  expect(await definitions('javascript', module)).toEqual(['RATE', 'helper', 'tool', 'f'])
})

describe('what a tool needs is read from its code', () => {
  test('packages, without the standard library, wherever they are imported', async () => {
    const code = python('import math\nimport numpy as np\nfrom collections import Counter', 'from scipy import stats')
    expect(await needsOf('python', code)).toEqual({
      packages: ['numpy', 'scipy'],
      environment: null,
      network: [],
      hostFunctions: [],
    })
  })

  test('nothing, where it needs nothing; other tools are no packages', async () => {
    const code = python('import math\nfrom tools import mean', 'mean([x])')
    expect(await needsOf('python', code)).toMatchObject({ packages: [], hostFunctions: [] })
  })

  test('host functions by name, called either way', async () => {
    const code = python('import host', 'host.look_up(name="a")\n    host.aio.fetch_rate(day="b")\n    hosted = x')
    expect(await needsOf('python', code)).toMatchObject({ packages: [], hostFunctions: ['fetch_rate', 'look_up'] })
  })

  test('of a JavaScript module nothing of Node itself', async () => {
    const code = `import { createHash } from 'node:crypto'
export const tool = { name: 'f', description: 'Gives x.', inputSchema: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] }, outputSchema: { type: 'string' } }
export default function f({ x }) {
  return createHash('sha256').update(String(x)).digest('hex')
}
`
    expect(await needsOf('javascript', code)).toMatchObject({ packages: [], network: [], hostFunctions: [] })
  })
})
