import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { renderPrompt } from '../../../src/agent/text/load-prompt.ts'
import { assetPath } from '../../../src/util/asset-path.ts'

const folder = assetPath('agent/prompts')
const names = readdirSync(folder).map((file) => file.replace(/\.md$/, ''))
const placeholders = (name: string): string[] => {
  const text = readFileSync(join(folder, `${name}.md`), 'utf8')
  return [...new Set([...text.matchAll(/\{\{([A-Z_]+)\}\}/g)].map((match) => match[1] ?? ''))]
}

describe('the prompts', () => {
  test.each(names)('%s is filled in whole', (name) => {
    const values = Object.fromEntries(placeholders(name).map((key) => [key, `value of ${key}`]))
    const text = renderPrompt(name, values)
    expect(text).not.toMatch(/\{\{[A-Z_]+\}\}/)
    for (const value of Object.values(values)) expect(text).toContain(value)
  })

  test('complain of a value that is missing and of one that has no place', () => {
    expect(() => renderPrompt('reply-rejected')).toThrow(/no value for PROBLEM/)
    expect(() => renderPrompt('reply-rejected', { PROBLEM: 'x', OTHER: 'y' })).toThrow(/no place for OTHER/)
  })

  test('take values as they are: they are not filled in again, and dollar signs mean nothing', () => {
    expect(renderPrompt('reply-rejected', { PROBLEM: '{{PROBLEM}} {{s1}} $& $1' })).toContain(
      '{{PROBLEM}} {{s1}} $& $1',
    )
  })

  test('leave no gap for a part that is empty', () => {
    const text = renderPrompt('plan-request', { REQUEST: 'r', FILES: 'f', TOOLS: 't', INSTANCES: '', POLICY: '' })
    expect(text.endsWith('# Tools in the library\n\nt')).toBe(true)
  })

  test('hold examples that are valid JSON and that the planner could send', async () => {
    const { parsePlan } = await import('../../../src/agent/plan/parse-plan.ts')
    const { parseTests } = await import('../../../src/agent/make/parse-tests.ts')
    const plan = parsePlan(readFileSync(join(folder, 'plan.md'), 'utf8').split('Example:')[1] ?? '')
    expect(plan).toMatchObject({
      value: { steps: [{ decision: 'make' }, { decision: 'reuse' }, { decision: 'script' }] },
    })
    const specification = {
      name: 'degree_days',
      language: 'python' as const,
      description: '',
      whenToUse: '',
      parameters: [
        { name: 'temperatures', type: 'list[float]', description: '', required: true },
        { name: 'base', type: 'float', description: '', required: false, default: 17 },
      ],
      returns: { type: 'float', description: '' },
      examples: [],
      exampleRequests: [],
    }
    const example = readFileSync(join(folder, 'write-tests.md'), 'utf8').split('# Format of the reply')[1] ?? ''
    const program = '```python p1\nfrom tools import degree_days\nresult(degree_days([1.0]) == degree_days([1.0]))\n```'
    expect(parseTests(`${example}\n${program}`, specification)).toMatchObject({
      value: [{ kind: 'example' }, { kind: 'error' }, { kind: 'property' }],
    })
  })
})
