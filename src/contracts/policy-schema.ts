import { z } from 'zod'
import { BACKEND_CHOICES, REQUIREMENT_LEVELS, type Requirements, type SandboxSettings } from './policy.ts'

export const requirementsSchema: z.ZodType<Requirements> = z.strictObject({
  memory: z.literal(REQUIREMENT_LEVELS.memory).optional(),
  processes: z.literal(REQUIREMENT_LEVELS.processes).optional(),
  cpu: z.literal(REQUIREMENT_LEVELS.cpu).optional(),
  isolation: z.literal(REQUIREMENT_LEVELS.isolation).optional(),
  systemCalls: z.literal(REQUIREMENT_LEVELS.systemCalls).optional(),
  unprivilegedUser: z.literal(REQUIREMENT_LEVELS.unprivilegedUser).optional(),
  freshPerExecution: z.literal(REQUIREMENT_LEVELS.freshPerExecution).optional(),
})

const hosts = z.array(z.string()).optional()

export const sandboxSettingsSchema: z.ZodType<SandboxSettings> = z.strictObject({
  backend: z.enum(BACKEND_CHOICES).optional(),
  require: requirementsSchema.optional(),
  packages: z.union([z.enum(['ask', 'none']), z.array(z.string())]).optional(),
  network: z.union([z.literal('none'), z.strictObject({ allow: hosts, deny: hosts })]).optional(),
  docker: z.strictObject({ image: z.string().optional(), runtime: z.string().optional() }).optional(),
  e2b: z
    .strictObject({ template: z.string().optional(), sandboxPer: z.enum(['session', 'execution']).optional() })
    .optional(),
})
