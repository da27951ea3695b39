import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openLocalPythonIndex, type LocalIndex } from '../sandbox/environments/support/local-python-index.ts'
import { jsonReply, pythonReply, scriptReplies } from '../support/model-replies.ts'
import { createHome, runCli } from '../support/run-cli.ts'
import { hasTerminals, runOnTerminal } from '../support/run-on-terminal.ts'
import { startScriptedServer, type ScriptedServer } from '../support/scripted-server.ts'

const step = { id: 's1', decision: 'script', goal: 'Compute it', needs: [], language: 'python', uses: [] }
const PLAN = jsonReply({ understanding: 'u', difficulty: 'easy', steps: [step], answer: 'It is {{s1}}.' })
const WITH = pythonReply('from spreads import spread\nresult(spread([1, 4]))', 's1')
const WITHOUT = pythonReply('result(max([1, 4]) - min([1, 4]) + 100)', 's1')
const QUESTION = /for the sandbox\? \[y\/N\] /

let home: string
let index: LocalIndex
let server: ScriptedServer

beforeAll(async () => {
  const code = 'def spread(values):\n    return max(values) - min(values)\n'
  index = await openLocalPythonIndex([{ name: 'spreads', version: '1.0', files: { 'spreads.py': code } }])
})
afterAll(() => index.close())
beforeEach(async () => {
  home = createHome()
  server = await startScriptedServer(scriptReplies({ plan: [`${PLAN}\n${WITH}`], script: [WITHOUT] }))
})
afterEach(() => server.close())

const args = ['run', 'How far do they spread?', '-m', 'openai/scripted', '--make', 'never']
function environment(): Record<string, string> {
  const local = Object.entries(index.environment).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return { ...Object.fromEntries(local), OPENAI_API_KEY: 'test-key', OPENAI_BASE_URL: server.baseUrl }
}

describe.skipIf(!hasTerminals)(
  'a package that the code wants, asked for on a terminal (needs `script` of util-linux)',
  { timeout: 180_000 },
  () => {
    test('is installed after a yes, and the same code is executed with it', async () => {
      const typed = { question: QUESTION, answer: 'y\n', environment: environment() }
      const { exitCode, shown } = await runOnTerminal(home, args, typed)
      expect(exitCode, shown).toBe(0)
      expect(shown).toContain('The code wants to import spreads.')
      expect(shown).toContain('It is 3.')
      expect(server.requests).toHaveLength(1)
      expect((await runCli(home, ['env', 'list'])).stdout).toContain('spreads')
    })

    test.each(['n\n', '\n', 'yess\n'])(
      'is not installed after %j: the model writes the code without',
      async (answer) => {
        const typed = { question: QUESTION, answer, environment: environment() }
        const { exitCode, shown } = await runOnTerminal(home, args, typed)
        expect(exitCode, shown).toBe(0)
        expect(shown).toContain('It is 103.')
        expect((await runCli(home, ['env', 'list'])).stdout).toBe('')
      },
    )

    test('is not installed where Ctrl-C is typed at the question: that ends the run', async () => {
      const typed = { question: QUESTION, answer: '\u0003', environment: environment() }
      const { exitCode, shown } = await runOnTerminal(home, args, typed)
      expect(exitCode, shown).toBe(130)
      expect(server.requests).toHaveLength(1)
      const runs = await runCli(home, ['runs', 'list', '--json'])
      expect(JSON.parse(runs.stdout)).toMatchObject([{ status: 'cancelled' }])
    })
  },
)
