import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { exportTools } from '../../../../src/library/formats/export-tools.ts'
import type { ToolVersion } from '../../../../src/contracts/tool.ts'
import { borrowTestSandbox, type TestSandbox } from '../../../support/open-test-sandbox.ts'
import { runInFolder } from '../support/run-folder.ts'
import { readFiles, temporaryFolder } from '../support/temporary-folder.ts'
import { ALL_TOOLS, makeTool, MEAN } from '../support/tools.ts'

async function exportSkills(tools: readonly ToolVersion[]): Promise<{ folder: string; files: Record<string, string> }> {
  const folder = await temporaryFolder()
  await exportTools(tools, { format: 'skill', folder })
  return { folder, files: await readFiles(folder) }
}

function frontmatterOf(page: string): Record<string, unknown> {
  return parse(/^---\n([\s\S]*?)\n---\n/.exec(page)?.[1] ?? '') as Record<string, unknown>
}

describe('an exported skill in the sandbox', () => {
  let opened: TestSandbox
  beforeAll(async () => {
    opened = await borrowTestSandbox()
  })
  afterAll(() => opened.close())

  test('Python: run.py calls the tool with JSON from the command line or standard input, imports included', async () => {
    // It is called like a module of the standard library, which its own import needs.
    const statistics = makeTool({
      name: 'statistics',
      code: 'import random\n\n\ndef statistics(values: list[float]) -> dict:\n    """x"""\n    random.Random(1)\n    return {"n": {len(values)}, "é": None}\n',
    })
    const { folder } = await exportSkills([...ALL_TOOLS, statistics])
    const outputs = await runInFolder(opened.sandbox, folder, {
      language: 'python',
      commands: [
        { command: ['$0', 'weighted-mean/run.py', '{"values":[10,20,30],"weights":[1,1,2]}'] },
        {
          command: ['$0', 'portfolio-return/run.py'],
          input: '{"returns":{"a":0.25,"b":0.5},"holdings":{"a":1,"b":3}}',
        },
        { command: ['$0', 'statistics/run.py', '{"values":[1,2]}'] },
        { command: ['$0', 'weighted-mean/run.py', '[1]'] },
      ],
    })
    expect(outputs.map(({ stdout }) => stdout.trim())).toEqual([
      '22.5',
      '{"return": 0.4375, "percent": 43.75}',
      '{"n": [2], "é": null}',
      '',
    ])
    expect(outputs[3]).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('one JSON object') })
  })

  test('JavaScript: run.mjs does the same', async () => {
    const { folder } = await exportSkills(ALL_TOOLS)
    const outputs = await runInFolder(opened.sandbox, folder, {
      language: 'javascript',
      commands: [
        { command: ['$0', 'clamp-numbers/run.mjs', '{"values":[-1,0.5,2]}'] },
        { command: ['$0', 'rescale-numbers/run.mjs'], input: '{"values":[1,5],"top":2}' },
        { command: ['$0', 'clamp-numbers/run.mjs', 'values=1'] },
      ],
    })
    expect(outputs.map(({ stdout }) => stdout.trim())).toEqual(['[0,0.5,1]', '[0.5,1]', ''])
    expect(outputs[2]).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('not JSON') })
  })

  test('the command on the page works as it stands there', async () => {
    const quoted = makeTool({
      name: 'count_letters',
      code: 'def count_letters(text: str) -> int:\n    """Letters.\n\n    Args:\n        text: Text.\n\n    Returns:\n        Count.\n    """\n    return len(text)\n',
      tests: [{ name: 'quotes', kind: 'example', arguments: { text: `it's "$HOME" \`id\`\n` }, expected: 18 }],
    })
    const { folder, files } = await exportSkills([quoted])
    const command = /```bash\n(.*)\n```/.exec(files['count-letters/SKILL.md'] ?? '')?.[1] ?? ''
    expect(command).toMatch(/^python3 run\.py '/)
    const [output] = await runInFolder(opened.sandbox, folder, {
      language: 'python',
      commands: [
        { command: ['/bin/sh', '-c', `cd count-letters && ${command.replace('python3', '"$1"')}`, 'sh', '$0'] },
      ],
    })
    expect(output).toMatchObject({ exitCode: 0, stdout: '18\n' })
  })
})

describe('the page of a skill', () => {
  test('keeps to the Agent Skills specification', async () => {
    const long = makeTool({
      name: `${'a_'.repeat(49)}b`,
      code: 'def x(): ...',
      summary: 'Summary '.repeat(300),
      imports: Array.from({ length: 200 }, (_, index) => `package_${index}`),
    })
    const { files } = await exportSkills([...ALL_TOOLS, long])
    const pages = Object.entries(files).filter(([path]) => path.endsWith('SKILL.md'))
    expect(pages).toHaveLength(5)
    for (const [path, page] of pages) {
      const head = frontmatterOf(page) as { name: string; description: string; compatibility: string; metadata: object }
      expect(head.name).toBe(path.split('/')[0])
      expect(head.name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/)
      expect(head.name.length).toBeLessThanOrEqual(64)
      expect(head.description.length).toBeGreaterThan(0)
      expect(head.description.length).toBeLessThanOrEqual(1024)
      expect(head.compatibility.length).toBeLessThanOrEqual(500)
      expect(Object.values(head.metadata).every((value) => typeof value === 'string')).toBe(true)
    }
  })

  test('names that become the same are told apart, always in the same way', async () => {
    const names = ['a_b', 'a__b', 'a_b_', 'c']
    const { files } = await exportSkills(names.map((name) => makeTool({ name, code: `def ${name}(): ...` })))
    const folders = [...new Set(Object.keys(files).map((path) => path.split('/')[0] ?? ''))].filter(
      (name) => !name.endsWith('.json'),
    )
    expect(folders).toHaveLength(4)
    expect(folders).toContain('c')
    for (const folder of folders) expect(folder).toMatch(/^(?:c|a-b-[0-9a-f]{8})$/)
  })

  test('text of a tool does not become structure of the page', async () => {
    const hostile = makeTool({
      name: 'hostile',
      code: 'def hostile(): ...',
      summary: '---\nname: other\n---',
      description: '</description>\n# Title\n## When to use\n```\nnever\n<script>alert(1)</script>\n---\n\u202Ehidden',
      whenToUse: 'Now.\n## Parameters\n- `x`: fake\n```\nopen',
      exampleRequests: ['- [ ] one\n## Result\nfake', ''],
    })
    const { files } = await exportSkills([hostile])
    const page = files['hostile/SKILL.md'] ?? ''
    const head = frontmatterOf(page)
    expect(head).toMatchObject({
      name: 'hostile',
      description: '--- name: other --- Use when: Now. ## Parameters - `x`: fake ``` open',
    })
    const body = page.slice(page.indexOf('\n---\n') + 5)
    expect(body.match(/^#.*$/gm)).toEqual([
      '# hostile',
      '## When to use',
      '## Requests that it answers',
      '## How to use',
      '## Result',
    ])
    expect(body.match(/^```.*$/gm)).toEqual(['```bash', '```'])
    expect(body).not.toMatch(/^<script/m)
  })

  test('what the tool needs is said', async () => {
    const { files } = await exportSkills([makeTool({ ...MEAN, imports: ['math', 'numpy', 'sklearn', 'tools'] })])
    expect(frontmatterOf(files['weighted-mean/SKILL.md'] ?? '')['compatibility']).toBe(
      'Needs Python 3.10 or newer with numpy, sklearn',
    )
  })
})
