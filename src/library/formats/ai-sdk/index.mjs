// Tools that handaxe made and kept, for the AI SDK. Their code runs in handaxe's sandbox, never in this process.
import { readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { env, getuid } from 'node:process'
import { jsonSchema, tool } from 'ai'
import { openSandbox } from 'handaxe'

const { tools } = JSON.parse(readFileSync(new URL('tools.json', import.meta.url), 'utf8'))
const byModule = new Map(tools.map((record) => [record.module, record]))

/** The tools over a sandbox that stays with the caller. `execution` holds limits, input files, the folder of artifacts. */
export function createTools({ sandbox, execution = {} }) {
  const callable = tools.filter(({ isImported }) => isImported !== true)
  return Object.fromEntries(callable.map((record) => [record.name, createTool(record, { sandbox, execution })]))
}

/** Opens a sandbox for the tools; `close()` leaves nothing behind. Rejects where this machine cannot have one. */
export async function openTools({ execution, ...options } = {}) {
  const stateFolder = join(tmpdir(), `handaxe-${getuid?.() ?? 'tools'}`)
  const sandbox = await openSandbox({ pythonPath: null, stateFolder, environment: env, ...options })
  return { tools: createTools({ sandbox, execution }), close: () => sandbox.close() }
}

function createTool(record, { sandbox, execution }) {
  const { language, function: called, code } = toModule(record)
  const imported = (record.importedModules ?? []).map((name) => toModule(byModule.get(name)))
  return tool({
    description: [record.description, record.whenToUse].filter(Boolean).join('\n\nUse when: '),
    inputSchema: jsonSchema(record.inputSchema),
    outputSchema: jsonSchema(record.outputSchema),
    async execute(input, { abortSignal } = {}) {
      const result = await sandbox.execute({
        ...execution,
        language,
        code,
        call: { function: called, arguments: input },
        tools: imported,
        ...(abortSignal === undefined ? {} : { signal: abortSignal }),
      })
      if (result.status === 'ok') return result.value ?? null
      throw new Error(describeFailure(record.name, result))
    },
  })
}

function toModule({ module, language, function: called, file }) {
  return { name: module, language, function: called, code: readFileSync(new URL(file, import.meta.url), 'utf8') }
}

/** The model reads this, and may call the tool again with other arguments. */
function describeFailure(name, { status, error }) {
  return error === undefined ? `${name} ended with '${status}'` : `${name} failed with ${error.type}: ${error.message}`
}
