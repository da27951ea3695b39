import type { JsonObject } from './json.ts'
import type { Difficulty } from './models.ts'
import type { ToolSpecification } from './run.ts'
import type { ExecutionLanguage } from './sandbox.ts'

/**
 * Arguments as the planner writes them: JSON in which an object with one key that begins with `$` stands for a value
 * that is bound before the call.
 *
 * - `{"$file": "prices.csv"}`: the path of an input file inside the sandbox
 * - `{"$column": {"file": "prices.csv", "name": "Close"}}`: one column as a list
 * - `{"$columns": {"file": "prices.csv", "names": ["Date", "Close"]}}`: columns as an object of lists
 * - `{"$records": {"file": "prices.csv"}}`: the rows as a list of objects (optionally `"names"`)
 * - `{"$json": "data.json"}`: the content of a JSON file
 * - `{"$text": "notes.txt"}`: the content of a text file
 * - `{"$step": "s1"}` or `{"$step": "s1", "path": "mean[0]"}`: the value of an earlier step, or a part of it
 */
export type BoundArguments = JsonObject

interface StepBase {
  id: string
  /** What this step is for, in one sentence. */
  goal: string
  /** Steps whose values or tools it needs. */
  needs: string[]
}

export interface ReuseStep extends StepBase {
  decision: 'reuse'
  /** A candidate of the library, or a tool that an earlier step of this plan makes. */
  tool: string
  arguments: BoundArguments
}

/** A program that solved an earlier request, of which a tool is made now. */
export interface EarlierInstance {
  /** The label under which the planner was shown the program, such as `p1`. */
  script: string
  /** With which the tool would have answered that request; null where its data are neither short nor here. */
  arguments: BoundArguments | null
  /** The part of the program's value that the tool would give; empty for the whole. */
  path: string
}

export interface MakeStep extends StepBase {
  decision: 'make'
  specification: ToolSpecification
  /** Absent where it is made at once. */
  from?: EarlierInstance[]
  /** How the tool is called for this request. */
  arguments: BoundArguments
}

export interface ScriptStep extends StepBase {
  decision: 'script'
  language: ExecutionLanguage
  /** Null where the coder writes it in a call of its own. */
  code: string | null
  /** Tools that the script imports from `tools`. */
  uses: string[]
}

export type Step = ReuseStep | MakeStep | ScriptStep

export interface Plan {
  /** How the request is understood, in one or two sentences. */
  understanding: string
  difficulty: Difficulty
  /** Empty where the request needs no code. */
  steps: Step[]
  /**
   * The answer, with `{{s1}}` or `{{s1.path}}` and `{{s1.path|percent:2}}` for values. Null where it cannot be written
   * before the values are seen; then one more model call writes it.
   */
  answer: string | null
  /** Language of the answer as a BCP 47 tag: how it writes numbers and dates. Absent where the planner did not say. */
  language?: string
}
