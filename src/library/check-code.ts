import type { ToolSpecification } from '../contracts/run.ts'
import type { ToolLanguage } from '../contracts/sandbox.ts'
import type { ToolNeeds, ToolSignature } from '../contracts/tool.ts'
import { checkAbilities } from './checks/check-abilities.ts'
import { checkHabits } from './checks/check-habits.ts'
import { checkImportTime } from './checks/check-import-time.ts'
import { checkNames } from './checks/check-names.ts'
import { checkRequestLiterals } from './checks/check-request-literals.ts'
import { checkSpecification } from './checks/check-specification.ts'
import type { CodeFacts } from './signature/code-facts.ts'

/** More of them at once confuse whoever has to repair the code. */
const MAXIMUM_PROBLEMS = 12

export interface CodeSubject {
  language: ToolLanguage
  code: string
  signature: ToolSignature
  /** From `readSignature`. */
  facts: CodeFacts
  specification: ToolSpecification
  /** The request that the tool is made for: its literals have no place in the code. */
  request: string
  /** What a person granted it; a host that it may reach it may also ask. */
  needs?: Pick<ToolNeeds, 'network'>
  /** Names of tools that the module could import. */
  otherTools?: readonly string[]
}

/**
 * Static checks of a tool's code, without running it: does the signature fit the specification; are its imports there; does
 * it do what a tool has no need of (network, processes, `eval`); do literals of the request stand in it; does anything happen
 * when it is imported; does it swallow exceptions or change what belongs to the language. One sentence for each problem, for the model that wrote the code. What is doubtful is let through:
 * a false alarm costs a model call, and the tests come after.
 */
export function checkCode(subject: CodeSubject): string[] {
  const { signature, facts, specification, request } = subject
  const problems = [
    ...checkSpecification(signature, specification),
    ...checkNames(signature, facts, subject.otherTools ?? []),
    ...facts.unavailableImports.map((name) => `The package ${name} is not installed: write it without.`),
    ...checkAbilities(facts, specification, subject.needs),
    ...checkRequestLiterals({ facts, signature, specification, request }),
    ...checkImportTime(facts, signature),
    ...checkHabits(facts),
  ]
  return [...new Set(problems)].slice(0, MAXIMUM_PROBLEMS)
}
