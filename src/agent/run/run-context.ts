import type { JsonValue } from '../../contracts/json.ts'
import type { Difficulty } from '../../contracts/models.ts'
import type {
  AdmissionDepth,
  InspectedFile,
  MakePolicy,
  Observation,
  Request,
  StepOutcome,
} from '../../contracts/run.ts'
import type { Artifact, Sandbox } from '../../contracts/sandbox.ts'
import type { SolvedScript } from '../../contracts/tool.ts'
import type { AgentDependencies } from '../dependencies.ts'
import type { RunPackages } from '../packages/run-packages.ts'
import type { ToolShelf } from '../steps/tool-shelf.ts'
import type { BudgetMeter } from './budget-meter.ts'
import type { EventLog } from './event-log.ts'
import type { ValueFolder } from './value-folder.ts'

/** What the acts of one run share. */
export interface RunContext {
  readonly runId: string
  readonly request: Request
  readonly make: MakePolicy
  readonly admission: AdmissionDepth
  readonly save: boolean
  /** Whether data and words of requests may stand in the tools that are made for them. */
  readonly keepRequests: boolean
  readonly dependencies: AgentDependencies
  readonly clock: () => number
  /** The sandbox, once it has started. */
  readonly sandbox: () => Promise<Sandbox>
  /** What this run was given beyond the packages that are always there. */
  readonly packages: RunPackages
  readonly events: EventLog
  readonly budget: BudgetMeter
  /** Aborted with the `HandaxeError` that ends the run: cancelled, out of time, or a broken journal. */
  readonly signal: AbortSignal
  /** This run's folder on the host. */
  readonly folder: string
  /** Holds what is too large for the journal. */
  readonly values: ValueFolder
  readonly shelf: ToolShelf
  readonly progress: RunProgress
}

/** What a run has so far: its result is made from this, however it ends. */
export interface RunProgress {
  files: InspectedFile[]
  difficulty: Difficulty
  /** Steps that have ended, by id, in the order of their end; a later plan's step replaces one of the same id. */
  steps: Map<string, FinishedStep>
  /** Programs that solved similar requests before, as the planner is shown them. */
  instances: SolvedScript[]
  /** Ids of the steps of all plans so far, in the order of the plans. */
  planned: string[]
  /** How often each step has executed its code: a failed attempt's files stay beside those of the next. */
  executions: Map<string, number>
  made: { name: string; version: number; saved: boolean }[]
  reused: { name: string; version: number }[]
  /** `name@version` of reused tools whose saving is in the ledger: each saves one writing a run, however often it is called. */
  credited: Set<string>
  /** What the planning of this run used so far, and by which model. */
  planning: { model: string; inputTokens: number; outputTokens: number; costUsd: number | null } | null
  /** How many tools the latest plan reuses: they share what the run saves. */
  reusePlanned: number
  /** Tools that were taken out of use and that this run could not repair. */
  unrepaired: Set<string>
  /** What of the answer has been shown. */
  answer: string | null
  /** Warnings that have been given. */
  warnings: Set<string>
}

export interface FinishedStep extends StepOutcome {
  goal: string
  observation: Observation
  artifacts: Artifact[]
}

export function emptyProgress(): RunProgress {
  return {
    files: [],
    difficulty: 'medium',
    steps: new Map(),
    instances: [],
    planned: [],
    executions: new Map(),
    made: [],
    reused: [],
    credited: new Set(),
    planning: null,
    reusePlanned: 0,
    unrepaired: new Set(),
    answer: null,
    warnings: new Set(),
  }
}

/** The values of the steps that succeeded, by id. */
export function stepValues(progress: RunProgress): Map<string, JsonValue> {
  return new Map([...progress.steps].flatMap(([id, step]) => (step.succeeded ? [[id, step.value]] : [])))
}
