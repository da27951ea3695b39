import { z } from 'zod'
import { sandboxSettingsSchema } from './policy-schema.ts'

const price = z.strictObject({
  inputUsd: z.number().nonnegative(),
  outputUsd: z.number().nonnegative(),
  cachedInputUsd: z.number().nonnegative().optional(),
  date: z.string(),
})

const models = z.union([z.string(), z.array(z.string()).min(1)])

/** The configuration file, `config.json` in the user's folder or `handaxe.json` in a project, which can only tighten. Unknown names are errors. */
export const configFileSchema = z.strictObject({
  $schema: z.string().optional(),
  /** One model, or several in order of fall-over, for each tier. */
  models: z
    .strictObject({ fast: models.optional(), strong: models.optional(), reasoning: models.optional() })
    .optional(),
  /** Further OpenAI-compatible providers, or other addresses of known ones. Keys are named by their variable, never written here. */
  providers: z
    .record(
      z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
      z.strictObject({ baseUrl: z.url().optional(), keyVariable: z.string().optional() }),
    )
    .optional(),
  /** US dollars per million tokens, by `provider/model`; takes precedence over the built-in table. */
  prices: z.record(z.string(), price).optional(),
  budget: z
    .strictObject({
      modelCalls: z.int().positive().optional(),
      tokens: z.int().positive().optional(),
      costUsd: z.number().positive().optional(),
      wallMs: z.int().positive().optional(),
      executions: z.int().positive().optional(),
    })
    .optional(),
  limits: z
    .strictObject({
      memoryBytes: z.int().positive().optional(),
      cpuMs: z.int().positive().optional(),
      wallMs: z.int().positive().optional(),
      processes: z.int().positive().optional(),
      outputBytes: z.int().positive().optional(),
      artifactBytes: z.int().positive().optional(),
    })
    .optional(),
  /** Tokens of one reply at most, for each tier. Models that think spend them on thinking, too. */
  maxOutputTokens: z
    .strictObject({
      fast: z.int().positive().optional(),
      strong: z.int().positive().optional(),
      reasoning: z.int().positive().optional(),
    })
    .optional(),
  /** Milliseconds for one attempt of a model call. */
  modelTimeoutMs: z.int().positive().optional(),
  /** `provider/model` of an embedding model: tools are found by meaning, too. `none`: by words alone. */
  embedding: z.string().min(1).optional(),
  make: z.enum(['auto', 'always', 'never']).optional(),
  admission: z.enum(['standard', 'thorough']).optional(),
  /** What the checks of one tool may use; then it is kept as it stands. */
  admissionBudget: z
    .strictObject({ executions: z.int().positive().optional(), wallMs: z.int().positive().optional() })
    .optional(),
  /** Which sandbox, what it must enforce, what code may ask for. A project's file can only tighten what the user's says. */
  sandbox: sandboxSettingsSchema.optional(),
  /** Keep arguments and values of successful calls, bounded, to hold repaired versions against. Default false. */
  keepCalls: z.boolean().optional(),
  /** False: a tool keeps nothing of the requests that it was made for, neither their data as tests nor their words. Default true. */
  keepRequests: z.boolean().optional(),
  /** Runs that began more than so many days ago are removed, with their files. Default: all are kept. */
  keepRunsDays: z.number().positive().optional(),
  store: z.string().optional(),
  python: z.string().optional(),
})

export type ConfigFile = z.infer<typeof configFileSchema>
