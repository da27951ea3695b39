import { createHash } from 'node:crypto'
import { z } from 'zod'
import { HandaxeError } from '../contracts/errors.ts'
import type { Message, Role } from '../contracts/models.ts'

export const CASSETTE_VERSION = 1

const headerSchema = z.object({
  format: z.literal('handaxe-cassette'),
  version: z.int().positive(),
  /** Who gave the replies: `models`, or `manual` where a person played them. */
  recordedBy: z.string(),
  note: z.string().optional(),
  /** ISO 8601. */
  createdAt: z.string(),
})

const count = z.number().nonnegative()

const exchangeSchema = z.object({
  role: z.enum(['planner', 'coder', 'tester', 'reviewer', 'answerer']),
  tier: z.enum(['fast', 'strong', 'reasoning']),
  model: z.string(),
  instructions: z.string(),
  messages: z.array(z.object({ role: z.enum(['user', 'assistant']), content: z.string() })),
  text: z.string(),
  reasoning: z.string(),
  finishReason: z.enum(['stop', 'length', 'content-filter', 'other']),
  usage: z.object({
    inputTokens: count,
    outputTokens: count,
    cachedInputTokens: count,
    reasoningTokens: count,
    reported: z.boolean(),
  }),
  costUsd: count.nullable(),
  attempts: z.int().positive(),
  wallMs: count,
})

export type CassetteHeader = z.infer<typeof headerSchema>

/** One call and its reply: a line of a cassette after the header. */
export type Exchange = z.infer<typeof exchangeSchema>

export interface Cassette {
  header: CassetteHeader
  exchanges: Exchange[]
}

/** What tells one request from another: who asks, and every word of the question. */
export function hashRequest(request: { role: Role; instructions: string; messages: readonly Message[] }): string {
  const messages = request.messages.map(({ role, content }) => [role, content])
  return createHash('sha256')
    .update(JSON.stringify([request.role, request.instructions, messages]))
    .digest('hex')
}

/**
 * Reads the text of a cassette: JSON lines, the first of them a header. Throws `invalid_input_file` with the number of the
 * line that cannot be read. A last line without its line break is an error like any other broken line.
 */
export function parseCassette(text: string, path: string): Cassette {
  const lines = text.split(/\r?\n/)
  const first = lines[0] ?? ''
  const header = parseLine(first, headerSchema, { path, number: 1 })
  if (header.version > CASSETTE_VERSION) {
    throw new HandaxeError(
      'invalid_input_file',
      `${path} is a cassette of version ${header.version}; this handaxe reads up to ${CASSETTE_VERSION}`,
      {
        hint: 'Update handaxe, or record the run again.',
        details: { path, version: header.version },
      },
    )
  }
  const exchanges = lines
    .slice(1)
    .flatMap((line, index) =>
      line.trim() === '' ? [] : [parseLine(line, exchangeSchema, { path, number: index + 2 })],
    )
  return { header, exchanges }
}

function parseLine<Schema extends z.ZodType>(
  line: string,
  schema: Schema,
  { path, number }: { path: string; number: number },
): z.output<Schema> {
  let problem: string
  try {
    const parsed = schema.safeParse(JSON.parse(line.replace(/^\uFEFF/, '')))
    if (parsed.success) return parsed.data
    problem = parsed.error.issues
      .slice(0, 3)
      .map((issue) => `${issue.path.join('.') || 'the line'}: ${issue.message}`)
      .join('; ')
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error)
  }
  throw new HandaxeError(
    'invalid_input_file',
    `${path} is not a cassette that can be replayed: line ${number}: ${problem}`,
    {
      hint:
        number === 1
          ? 'The first line of a cassette is its header; record one with --record.'
          : 'Remove the line, or record the run again.',
      details: { path, line: number },
    },
  )
}
