import { z } from 'zod'

/** An identifier that can stand in `{{s1.path}}` and as a name of a file. */
const stepId = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/, 'a step id is a short word such as s1')

const toolName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{1,63}$/, 'a tool name is snake_case, lower case letters, digits and _ (2 to 64 characters)')

const jsonObject = z.record(z.string(), z.json(), 'has to be an object with one entry for each parameter')

const parameter = z.object({
  name: z.string().regex(/^[A-Za-z_]\w*$/, 'a parameter name is an identifier'),
  type: z.string().min(1),
  description: z.string(),
  required: z.boolean().optional(),
  default: z.json().optional(),
})

export const specificationSchema = z.object({
  name: toolName,
  language: z.enum(['python', 'javascript']).default('python'),
  description: z.string().min(1),
  whenToUse: z.string().default(''),
  parameters: z.array(parameter),
  returns: z.object({ type: z.string().min(1), description: z.string() }),
  examples: z.array(z.object({ arguments: jsonObject, expected: z.json() })).default([]),
  exampleRequests: z.array(z.string()).default([]),
})

/** A program of which the tool is made. */
const instance = z.object({ script: z.string(), arguments: jsonObject.nullish(), path: z.string().nullish() })

const base = { id: stepId, goal: z.string().min(1), needs: z.array(z.string()).default([]) }

const step = z.discriminatedUnion(
  'decision',
  [
    z.object({ ...base, decision: z.literal('reuse'), tool: toolName, arguments: jsonObject }),
    z.object({
      ...base,
      decision: z.literal('make'),
      specification: specificationSchema,
      from: z.array(instance).max(3, 'at most three earlier programs').nullish(),
      arguments: jsonObject,
    }),
    z.object({
      ...base,
      decision: z.literal('script'),
      language: z.enum(['python', 'javascript', 'typescript']).default('python'),
      code: z.string().nullish(),
      uses: z.array(toolName).default([]),
    }),
  ],
  "decision has to be 'reuse', 'make' or 'script'",
)

/** More steps than this are a plan that has lost its way: each is an execution at the least. */
const MAX_STEPS = 20

/** The plan as a model writes it: what can be left out has its default here. */
export const planSchema = z.object({
  understanding: z.string().min(1),
  difficulty: z.enum(['easy', 'medium', 'hard']),
  steps: z.array(step).max(MAX_STEPS, `at most ${MAX_STEPS} steps`),
  answer: z.string().nullish(),
  language: z.string().nullish(),
})

export type WrittenPlan = z.infer<typeof planSchema>

const MAX_PROBLEMS = 12

/** What a schema found, one line each, with the path as it is written in code: `steps[0].arguments: …`. */
export function describeProblems(error: z.ZodError): string {
  const lines = error.issues.map((issue) => `- ${pathOf(issue.path)}: ${issue.message}`)
  const more = lines.length > MAX_PROBLEMS ? [`- and ${lines.length - MAX_PROBLEMS} more`] : []
  return [...lines.slice(0, MAX_PROBLEMS), ...more].join('\n')
}

function pathOf(path: PropertyKey[]): string {
  const text = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  return text === '' ? 'the object' : text.replace(/^\./, '')
}
