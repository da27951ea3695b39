import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { AgentDependencies } from '../../src/agent/dependencies.ts'
import type { Request } from '../../src/contracts/run.ts'
import type { Sandbox } from '../../src/contracts/sandbox.ts'
import { borrowTestSandbox, type TestSandbox } from '../support/open-test-sandbox.ts'
import { openTestAgent, type TestAgent } from './open-test-agent.ts'
import { PRICES } from './scripted-replies.ts'

export interface AgentSetup {
  readonly sandbox: Sandbox
  readonly subject: TestAgent
  /** A question about the file `prices.csv`. */
  readonly request: Request
  /** What nobody caught since the file began; checked at its end. */
  readonly rejections: readonly unknown[]
}

/**
 * Opens one real sandbox for the tests of a file and an agent for all of them, or for each of them with a library of its
 * own. Closes both, and fails where a promise was rejected unseen.
 */
export function useTestAgent({
  each = false,
  over = {},
  keepCalls = false,
}: { each?: boolean; over?: Partial<AgentDependencies>; keepCalls?: boolean } = {}): AgentSetup {
  const rejections: unknown[] = []
  const onRejection = (reason: unknown): void => void rejections.push(reason)
  let opened: TestSandbox | undefined
  let subject: TestAgent | undefined
  let request: Request | undefined
  const openSubject = async (): Promise<void> => {
    subject = await openTestAgent(present(opened).sandbox, over, { keepCalls })
    request = { text: 'How far do the prices spread?', files: [await subject.file('prices.csv', PRICES)] }
  }
  beforeAll(async () => {
    process.on('unhandledRejection', onRejection)
    opened = await borrowTestSandbox()
    if (!each) await openSubject()
  })
  if (each) {
    beforeEach(openSubject)
    afterEach(() => subject?.close())
  }
  afterAll(async () => {
    if (!each) await subject?.close()
    await opened?.close()
    process.off('unhandledRejection', onRejection)
    expect(rejections).toEqual([])
  })
  return {
    get sandbox() {
      return present(opened).sandbox
    },
    get subject() {
      return present(subject)
    },
    get request() {
      return present(request)
    },
    rejections,
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('It is open while the tests run, not before')
  return value
}
