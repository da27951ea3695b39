import type { JsonObject } from '../../contracts/json.ts'
import type { MakeStep, Plan, Step } from '../../contracts/plan.ts'
import type { ToolSpecification } from '../../contracts/run.ts'
import { canonicalLanguage } from '../../domain/language/canonical-language.ts'
import { assignCode, nameInLabel } from '../parse-reply/assign-code.ts'
import { findCodeBlocks, type CodeBlock } from '../parse-reply/find-code.ts'
import { findJson } from '../parse-reply/find-json.ts'
import type { ParsedReply } from '../run/ask-model.ts'
import { describeProblems, planSchema, type WrittenPlan } from './plan-schema.ts'

/**
 * Reads a plan from a reply: the JSON object, and the code of script steps from the blocks that name them. What is wrong
 * comes back as a message for the model.
 */
export function parsePlan(reply: string): ParsedReply<Plan> {
  const found = findJson(reply, isPlan)
  if ('problem' in found) return found
  // A model that was asked for one object sometimes wraps it: {"plan": {…}}.
  const inner = found.value['plan']
  const object = !isPlan(found.value) && isObject(inner) ? inner : found.value
  const checked = planSchema.safeParse(object)
  if (!checked.success) return { problem: `The plan does not have the right form:\n${describeProblems(checked.error)}` }
  return { value: toPlan(checked.data, findCodeBlocks(reply)) }
}

function isPlan(value: JsonObject): boolean {
  return Array.isArray(value['steps'])
}

function isObject(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function toPlan(written: WrittenPlan, blocks: CodeBlock[]): Plan {
  const ids = written.steps.map((step) => step.id)
  const assigned = assignCode(blocks, ids)
  const scripts = written.steps.filter((step) => step.decision === 'script')
  const [block] = blocks
  const isOnly = scripts.length === 1 && blocks.length === 1 && block !== undefined
  const onlyBlock = isOnly && nameInLabel(block.label, ids) === null ? block : null
  const language = canonicalLanguage(written.language ?? '')
  return {
    understanding: written.understanding,
    difficulty: written.difficulty,
    steps: written.steps.map((step): Step => {
      if (step.decision === 'make') return toMakeStep(step)
      if (step.decision === 'reuse') return step
      const code = assigned.get(step.id) ?? onlyBlock
      // Code in the JSON is not asked for, but a model that sends it there means it.
      return { ...step, code: code?.code ?? (step.code?.trim() ? step.code : null), language: languageOf(step, code) }
    }),
    // With nothing left to do an empty text is an answer; beside steps it is one that was left out.
    answer: written.answer?.trim() || written.steps.length === 0 ? (written.answer ?? null) : null,
    ...(language === null ? {} : { language }),
  }
}

type WrittenScript = Extract<WrittenPlan['steps'][number], { decision: 'script' }>

/** The tag of the block is what the code is; the plan's word may be a default. */
function languageOf(step: WrittenScript, block: CodeBlock | null): WrittenScript['language'] {
  return block?.language ?? step.language
}

type WrittenMake = Extract<WrittenPlan['steps'][number], { decision: 'make' }>

function toMakeStep({ from, specification, ...rest }: WrittenMake): MakeStep {
  const instances = (from ?? []).map((one) => {
    return { script: one.script, arguments: one.arguments ?? null, path: one.path ?? '' }
  })
  const step = { ...rest, specification: toSpecification(specification) }
  return instances.length === 0 ? step : { ...step, from: instances }
}

type WrittenSpecification = WrittenMake['specification']

function toSpecification(written: WrittenSpecification): ToolSpecification {
  return {
    ...written,
    parameters: written.parameters.map(({ default: value, required, ...rest }) => ({
      ...rest,
      required: required ?? value === undefined,
      ...(value === undefined ? {} : { default: value }),
    })),
  }
}
