import type { Agent } from '../contracts/agent.ts'
import type { Budget, Limits } from '../contracts/limits.ts'
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
    await app.close()
    throw error
  }
}
