import type { PackageProvider } from '../../contracts/environment.ts'
import { HandaxeError } from '../../contracts/errors.ts'
import type { Execution, ExecutionResult, Sandbox, ToolLanguage } from '../../contracts/sandbox.ts'
import type { ToolNeeds } from '../../contracts/tool.ts'
import type { EventLog } from '../run/event-log.ts'
import { findMissingModule } from './missing-module.ts'

/** A program that still misses something after so many packages is not one that packages help. */
const MAX_MISSING = 8

/** What one language of a run has beyond the packages that are always there. */
interface Granted {
  /** Packages by the modules that were asked for. */
  packages: Map<string, string>
  environment: string | null
  /** Why not, by module. */
  refused: Map<string, string>
}

/**
 * The packages of one run. Code that imports one that is not there leads to the policy: what it allows is provided and the
 * code is executed again; what it refuses is said in the execution's error, for the model to write without it. What was
 * granted is there for all that the run executes afterwards, so a package is asked for once.
 */
export class RunPackages {
  readonly #provider: PackageProvider | null
  readonly #events: EventLog
  readonly #signal: AbortSignal
  readonly #granted: Record<ToolLanguage, Granted> = { python: nothing(), javascript: nothing() }
  /** One at a time: steps that run side by side often miss the same package. */
  #asking: Promise<unknown> = Promise.resolve()
  #approvals = 0
  #isServed = false

  constructor(parts: { provider: PackageProvider | null; events: EventLog; signal: AbortSignal }) {
    this.#provider = parts.provider
    this.#events = parts.events
    this.#signal = parts.signal
  }

  /** The same sandbox, whose executions get the run's packages. Other backends than linux have no environments. */
  serve(sandbox: Sandbox): Sandbox {
    const provider = this.#provider
    this.#isServed = sandbox.guarantees.backend === 'linux'
    if (provider === null || !this.#isServed) return sandbox
    return {
      get guarantees() {
        return sandbox.guarantees
      },
      close: () => sandbox.close(),
      execute: (execution) => this.#execute(sandbox, provider, execution),
    }
  }

  /**
   * Before a tool's code is judged: asks for what it imports and what is not there, by the facts of its signature's reading.
   * True where something was given.
   */
  async requestFor(language: ToolLanguage, facts: unknown): Promise<boolean> {
    const provider = this.#provider
    if (provider === null || !this.#isServed) return false
    let given = false
    for (const module of provider.missingImports(facts)) {
      given = (await this.#grant(provider, language, module)) === null || given
    }
    return given
  }

  /** The needs of a tool with the environment that has the packages of this run which its code imports. */
  withEnvironment(language: ToolLanguage, needs: ToolNeeds): ToolNeeds {
    const { packages, environment } = this.#granted[language]
    return needs.packages.some((module) => packages.has(module)) ? { ...needs, environment } : needs
  }

  async #execute(sandbox: Sandbox, provider: PackageProvider, execution: Execution): Promise<ExecutionResult> {
    const language: ToolLanguage = execution.language === 'python' ? 'python' : 'javascript'
    const { environment: asked, ...rest } = execution
    // One that was removed since the tool was made is no reason to fail: what is missing shows, and is asked for.
    const own = asked !== undefined && (await provider.has(asked)) ? asked : null
    for (let attempt = 1; ; attempt += 1) {
      const environment = own ?? this.#granted[language].environment
      const result = await sandbox.execute(environment === null ? rest : { ...rest, environment })
      const module = findMissingModule(result, language)
      if (module === null || own !== null || attempt > MAX_MISSING || this.#granted[language].packages.has(module)) {
        return result
      }
      const refusal = await this.#grant(provider, language, module)
      if (refusal !== null) return withRefusal(result, refusal)
    }
  }

  /** Null where the module is there now, else why not. */
  #grant(provider: PackageProvider, language: ToolLanguage, module: string): Promise<string | null> {
    const granting = this.#asking.then(() => this.#decide(provider, language, module))
    this.#asking = granting.catch(() => undefined)
    return granting
  }

  async #decide(provider: PackageProvider, language: ToolLanguage, module: string): Promise<string | null> {
    const granted = this.#granted[language]
    if (granted.packages.has(module)) return null
    const known = granted.refused.get(module)
    if (known !== undefined) return known
    const name = provider.packageOf(language, module)
    const refusal =
      (await this.#refuse(provider, language, name)) ?? (await this.#provide(provider, language, module, name))
    if (refusal !== null) granted.refused.set(module, refusal)
    const reason = refusal
    const environment = refusal === null ? granted.environment : null
    this.#events.emit({ type: 'packages-provided', language, packages: [name], environment, reason })
    return refusal
  }

  /** What the policy, or the user, has against it. */
  async #refuse(provider: PackageProvider, language: ToolLanguage, name: string): Promise<string | null> {
    const { refused, toAsk, warnings } = provider.decide(language, [name])
    if (refused[0] !== undefined) return `The package ${name} is not available: ${refused[0].reason}.`
    if (toAsk.length === 0) return null
    this.#approvals += 1
    const approvalId = `packages-${this.#approvals}`
    const question = { language, packages: toAsk, warnings: warnings.map(({ message }) => message) }
    this.#events.emit({ type: 'approval-requested', approvalId, subject: 'packages', question })
    await this.#events.written()
    const isGranted = await provider.ask(question, { signal: this.#signal })
    this.#events.emit({ type: 'approval-given', approvalId, granted: isGranted })
    return isGranted ? null : `The package ${name} is not available: the user does not want it installed.`
  }

  async #provide(
    provider: PackageProvider,
    language: ToolLanguage,
    module: string,
    name: string,
  ): Promise<string | null> {
    const granted = this.#granted[language]
    const all = [...granted.packages.values(), name]
    try {
      granted.environment = await provider.provide(language, all, { signal: this.#signal })
      granted.packages.set(module, name)
      return null
    } catch (error) {
      this.#signal.throwIfAborted()
      if (!HandaxeError.isInstance(error)) throw error
      return `The package ${name} could not be installed: ${error.message}.`
    }
  }
}

function nothing(): Granted {
  return { packages: new Map(), environment: null, refused: new Map() }
}

/** Said where the model reads it: in the error that it has to mend. */
function withRefusal(result: ExecutionResult, refusal: string): ExecutionResult {
  if (result.error === undefined) return result
  const { type, message, traceback } = result.error
  const said = `${refusal} Write the code without it.`
  return { ...result, error: { type, message: `${message}. ${said}`, traceback: `${traceback}\n${said}\n` } }
}
