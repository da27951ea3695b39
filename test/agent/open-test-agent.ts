import { STANDARD_PACKAGE_NAMES } from '../../src/sandbox/standard-packages.ts'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openAdmissionGate } from '../../src/app/open-admission-gate.ts'
import { createAgent } from '../../src/agent/create-agent.ts'
import type { AgentDependencies } from '../../src/agent/dependencies.ts'
import type { Agent } from '../../src/contracts/agent.ts'
import type { RunEvent, RunEventType } from '../../src/contracts/events.ts'
import type { Library } from '../../src/contracts/library.ts'
import type { Request, RunOptions, RunResult } from '../../src/contracts/run.ts'
import type { Sandbox } from '../../src/contracts/sandbox.ts'
import type { Store } from '../../src/contracts/store.ts'
import { checkCode } from '../../src/library/check-code.ts'
import { describeSpecification } from '../../src/library/describe-specification.ts'
import { openLibrary } from '../../src/library/open-library.ts'
import { readNeeds } from '../../src/library/read-needs.ts'
import { readSignature } from '../../src/library/read-signature.ts'
import { renderSignature } from '../../src/library/tool-prompt.ts'
import { openStore } from '../../src/store/open-store.ts'
import { scriptedGateway, type ScriptedGateway, type ScriptedStep } from '../../src/testing/index.ts'

export interface FinishedRun {
  runId: string
  result: RunResult
  events: RunEvent[]
  /** The types of the events, without what a model or a program streams. */
  types: RunEventType[]
}

export interface TestAgent {
  agent: Agent
  library: Library
  store: Store
  folder: string
  /** Opens an agent with another script over the same library. */
  withScript(steps: readonly ScriptedStep[]): { agent: Agent; gateway: ScriptedGateway }
  /** Plays a script for one request to its end, and fails where the script was not followed to its end. */
  play(steps: readonly ScriptedStep[], request: string | Request, options?: RunOptions): Promise<FinishedRun>
  /** A file of the request. */
  file(name: string, content: string): Promise<Request['files'][number]>
  close(): Promise<void>
}

/** The agent over a real sandbox, a real store and the real library; only the model is scripted. */
export async function openTestAgent(
  sandbox: AgentDependencies['sandbox'],
  over: Partial<AgentDependencies> = {},
  { keepCalls = false }: { keepCalls?: boolean } = {},
): Promise<TestAgent> {
  const folder = await mkdtemp(join(tmpdir(), 'handaxe-agent-'))
  const store = await openStore({ path: join(folder, 'store.db') })
  const library = openLibrary({ store, keepCalls })
  const agents: Agent[] = []
  const withScript = (steps: readonly ScriptedStep[]): { agent: Agent; gateway: ScriptedGateway } => {
    const gateway = scriptedGateway(steps)
    const agent = createAgent({
      gateway,
      sandbox,
      library,
      journal: store.journal,
      readSignature,
      checkCode,
      readNeeds,
      describeSpecification: (tool) => describeSpecification(tool, tool),
      // Most tests script no reviewer: what they make is checked no further than a version before it asks.
      admission: openAdmissionGate(),
      checksTools: over.admission !== undefined,
      renderSignature,
      artifactsFolder: join(folder, 'runs'),
      environmentPackages: { python: [...STANDARD_PACKAGE_NAMES], javascript: [] },
      ...over,
    })
    agents.push(agent)
    return { agent, gateway }
  }
  return {
    agent: withScript([]).agent,
    library,
    store,
    folder,
    withScript,
    async play(steps, request, options) {
      const { agent, gateway } = withScript(steps)
      const run = agent.run(request, options)
      const events: RunEvent[] = []
      for await (const event of run) events.push(event)
      const result = await run.result
      gateway.assertFinished()
      return { runId: run.runId, result, events, types: typesOf(events) }
    },
    async file(name, content) {
      const path = join(folder, name)
      await writeFile(path, content)
      return { name, path }
    },
    async close() {
      for (const agent of agents) await agent.close()
      await store.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const STREAMED = new Set<RunEventType>(['output', 'answer-delta', 'model-called', 'execution-started'])

export function typesOf(events: readonly RunEvent[]): RunEventType[] {
  return events.map((event) => event.type).filter((type) => !STREAMED.has(type))
}

export function eventsOf<Type extends RunEventType>(
  events: readonly RunEvent[],
  type: Type,
): Extract<RunEvent, { type: Type }>[] {
  return events.filter((event): event is Extract<RunEvent, { type: Type }> => event.type === type)
}

/** A sandbox for runs that must not need one. */
export function noSandbox(): () => Promise<Sandbox> {
  return () => Promise.reject(new Error('This run should not need a sandbox'))
}
