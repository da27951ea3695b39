import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSandbox } from '../../src/sandbox/open-sandbox.ts'
import { findPython } from '../support/python.ts'
import { sandboxContract } from './contract.ts'
import { folderInputsContract, largeInputTest } from './folder-inputs-contract.ts'

const open = () =>
  openSandbox({
    backend: 'linux',
    pythonPath: findPython() ?? null,
    stateFolder: join(tmpdir(), `handaxe-test-state-${process.pid}`),
    environment: process.env,
  })

sandboxContract('linux', open)
folderInputsContract('linux', open)
largeInputTest('linux', open)
