import type { Agent } from '../contracts/agent.ts'
import type { AskForPackages } from '../contracts/environment.ts'
import type { Budget, Limits } from '../contracts/limits.ts'
import type { Gateway } from '../contracts/models.ts'
import { loadConfig, type Environment } from './config.ts'
import { openApp } from './open-app.ts'
import type { ModelSelection } from './select-gateway.ts'

export interface OpenAgentOptions extends ModelSelection {
  /** One folder for the library, the journal and everything else. Default: the user's folders (XDG). */
  home?: string
  /** Default: the process's environment; keys and `HANDAXE_…` variables are read from it. */
  environment?: Environment
  budget?: Partial<Budget>
  limits?: Partial<Limits>
  /** Answers in place of the configured models: of a cassette, a test, or a program's own. It stays with who opened it. */
  gateway?: Gateway
  /**
   * Decides on packages that model-written code wants, where the configuration says "ask": resolves to true to install them.
   * Default: nobody can be asked, and none are.
   */
  askForPackages?: AskForPackages
}

/**
 * An agent with the library, the sandbox and the models of the configuration. `close()` ends its runs and leaves no
 * process behind. Rejects with `HandaxeError`: `missing_key`, `sandbox_unavailable`, `invalid_configuration`, `store_…`.
 *
 * @example
 * await using agent = await openAgent()
 * const run = agent.run({ text: 'What is the mean price?', files: [{ name: 'a.csv', path: 'a.csv' }] })
 * for await (const event of run) console.log(event.type)
 * console.log((await run.result).answer)
 *
 * @example
 * const agent = await openAgent({
 *   gateway,
 *   askForPackages: async ({ packages }) => packages.every((name) => ALLOWED.has(name)),
 * })
 */
export async function openAgent(options: OpenAgentOptions = {}): Promise<Agent & AsyncDisposable> {
  const { environment, home } = options
  const config = loadConfig({
    ...(environment === undefined ? {} : { environment }),
    ...(home === undefined ? {} : { home }),
  })
  const app = openApp(
    { ...config, budget: { ...config.budget, ...options.budget }, limits: { ...config.limits, ...options.limits } },
    options,
  )
  try {
    const agent = await app.agent()
    return {
      run: (request, runOptions = {}) =>
        agent.run(request, {
          make: config.make,
          admission: config.admission,
          keepRequests: config.keepRequests,
          ...runOptions,
          budget: { ...config.budget, ...options.budget, ...runOptions.budget },
        }),
      repair: (tool, repairOptions = {}) =>
        agent.repair(tool, {
          admission: config.admission,
          ...repairOptions,
          budget: { ...config.budget, ...options.budget, ...repairOptions.budget },
        }),
      close: () => app.close(),
      [Symbol.asyncDispose]: () => app.close(),
    }
  } catch (error) {
    // Why it could not be opened matters more than what could not be closed after it.
    await app.close().catch(() => undefined)
    throw error
  }
}
