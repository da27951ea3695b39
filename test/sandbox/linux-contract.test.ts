import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSandbox } from '../../src/sandbox/open-sandbox.ts'
import { findPython } from '../support/python.ts'
import { sandboxContract } from './contract.ts'

sandboxContract('linux', () =>
  openSandbox({
    pythonPath: findPython() ?? null,
    stateFolder: join(tmpdir(), `handaxe-test-state-${process.pid}`),
    environment: process.env,
  }),
)
