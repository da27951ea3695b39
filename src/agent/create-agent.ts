import type { Agent, Run } from '../contracts/agent.ts'
import { HandaxeError } from '../contracts/errors.ts'
import type { Request, RunOptions } from '../contracts/run.ts'
import type { Sandbox } from '../contracts/sandbox.ts'
import type { AgentDependencies } from './dependencies.ts'
import { repairTool } from './repair/repair-tool.ts'
import { startRun, type RunStart } from './start-run.ts'
import { resolveBudget, validateRequest } from './validate-request.ts'

/**
 * The agent over its parts. Runs are independent of each other; any number may be under way. `close` cancels those that
 * are and waits for their end; the parts stay open, for who opened them to close.
 */
export function createAgent(dependencies: AgentDependencies): Agent {
  const runs = new Set<Run>()
  let sandbox: Promise<Sandbox> | null = null
  let closed = false

  /** Starts the sandbox once. One that did not start is tried again by the next run. */
  const openSandbox = (): Promise<Sandbox> => {
    const given = dependencies.sandbox
    sandbox ??= typeof given === 'function' ? given() : Promise.resolve(given)
    const opening = sandbox
    opening.catch(() => {
      if (sandbox === opening) sandbox = null
    })
    return opening
  }

  const start = (request: Request, options: RunOptions, work?: RunStart['work']): Run => {
    if (closed) throw new HandaxeError('invalid_request', 'The agent is closed', { hint: 'Open a new one.' })
    const budget = resolveBudget(options.budget)
    const run = startRun({ dependencies, openSandbox, request, budget, options, ...(work ? { work } : {}) })
    runs.add(run)
    const forget = (): void => void runs.delete(run)
    run.result.then(forget, forget)
    return run
  }

  return {
    run: (request, options = {}) => start(validateRequest(request), options),
    repair({ name, version }, { reason = '', ...options } = {}) {
      const text = `Repair the tool ${name}${version === undefined ? '' : ` version ${version}`}`
      return start({ text, files: [] }, options, (context) => repairTool(context, { name, version, reason }))
    },
    async close() {
      closed = true
      const open = [...runs]
      for (const run of open) run.cancel()
      await Promise.allSettled(open.map((run) => run.result))
    },
  }
}
