import { stat } from 'node:fs/promises'
import { z } from 'zod'
import type { InspectedFile } from '../contracts/run.ts'
import type { ExecutionResult, InputFile, Sandbox } from '../contracts/sandbox.ts'
import { loadGuestProgram } from './load-guest-program.ts'

const inspectedFile: z.ZodType<InspectedFile> = z.strictObject({
  name: z.string(),
  bytes: z.number().int().min(0),
  kind: z.enum(['table', 'json', 'text', 'image', 'binary', 'empty']),
  mediaType: z.string(),
  encoding: z.string().nullable(),
  table: z
    .strictObject({
      delimiter: z.string(),
      rows: z.number().int().min(0),
      rowsAtLeast: z.boolean().exactOptional(),
      columnCount: z.number().int().min(0).exactOptional(),
      columns: z.array(
        z.strictObject({
          name: z.string(),
          type: z.enum(['number', 'integer', 'date', 'boolean', 'text', 'empty']),
          missing: z.number().int().min(0),
          examples: z.array(z.string()),
        }),
      ),
    })
    .nullable(),
  head: z.string(),
  outline: z.string().exactOptional(),
  notes: z.array(z.string()),
})

/** Of a request, enough words to find the lines of a document that speak of the same. */
const MAX_WORDS = 200

interface InspectOptions {
  /** The request: a document shows the lines that share words with it. */
  request?: string
  signal?: AbortSignal
}

/**
 * What the input files are: kind, encoding, columns, first lines, what is inside of workbooks, archives and databases. Trusted code reads each in a sandbox of its own, because a
 * file may be made to break its reader; one that does is described as such and spoils no other. The same file gives the
 * same description on every machine. Rejects with `HandaxeError` where the sandbox cannot execute.
 */
export async function inspectInputs(
  sandbox: Sandbox,
  files: readonly InputFile[],
  options: InspectOptions = {},
): Promise<InspectedFile[]> {
  return Promise.all(files.map((file) => inspectInput(sandbox, file, options)))
}

async function inspectInput(
  sandbox: Sandbox,
  file: InputFile,
  { request = '', ...options }: InspectOptions,
): Promise<InspectedFile> {
  const result = await sandbox.execute({
    language: 'python',
    code: await loadGuestProgram('inspect_files'),
    call: { function: 'inspect_files', arguments: { names: [file.name], words: toWords(request) } },
    inputs: [file],
    ...options,
  })
  options.signal?.throwIfAborted()
  if (result.status !== 'ok') return describeUnreadable(file, result)
  const [inspected] = z.tuple([inspectedFile]).parse(result.value)
  return inspected
}

function toWords(request: string): string[] {
  return [...new Set(request.slice(0, 20_000).split(/\s+/))].filter((word) => word !== '').slice(0, MAX_WORDS)
}

async function describeUnreadable(file: InputFile, { status, error }: ExecutionResult): Promise<InspectedFile> {
  const bytes = 'path' in file ? (await stat(file.path)).size : Buffer.byteLength(file.content)
  const reason = error === undefined ? status : `${status}: ${error.type}: ${error.message.slice(0, 200)}`
  return {
    name: file.name,
    bytes,
    kind: 'binary',
    mediaType: 'application/octet-stream',
    encoding: null,
    table: null,
    head: '',
    notes: [`could not be inspected (${reason})`],
  }
}
