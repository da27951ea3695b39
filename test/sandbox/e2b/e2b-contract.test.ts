import { describe, test } from 'vitest'
import type { Sandbox } from '../../../src/contracts/sandbox.ts'
import { sandboxContract } from '../contract.ts'
import { folderInputsContract } from '../folder-inputs-contract.ts'
import { canMakeMachines, openTestE2b, WITHOUT_MACHINES } from './support/open-test-e2b.ts'

/** Closes the fake cloud with the sandbox. */
async function open(): Promise<Sandbox> {
  const { sandbox, close } = await openTestE2b()
  const all = { guarantees: sandbox.guarantees, execute: sandbox.execute.bind(sandbox), close }
  return all
}

if (canMakeMachines) {
  sandboxContract('e2b', open)
  folderInputsContract('e2b', open)
} else describe('e2b', () => test.skip(`the sandbox contract (${WITHOUT_MACHINES})`, () => {}))
