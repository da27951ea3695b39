import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { App } from '../../../src/app/open-app.ts'
import type { Library } from '../../../src/contracts/library.ts'
import { borrowTestSandbox, type TestSandbox } from '../../support/open-test-sandbox.ts'
import { openTestLibrary } from '../../library/support/library.ts'

export type TestApp = Pick<App, 'library' | 'sandbox'>

/** The real sandbox for all tests of a file, and for each test a library of its own in memory. */
export function useTestApp(): { readonly app: TestApp; readonly library: Library } {
  let opened: TestSandbox
  let library: Library
  beforeAll(async () => {
    opened = await borrowTestSandbox()
  })
  afterAll(() => opened.close())
  beforeEach(async () => {
    library = (await openTestLibrary()).library
  })
  return {
    get app() {
      return { library: () => Promise.resolve(library), sandbox: () => Promise.resolve(opened.sandbox) }
    },
    get library() {
      return library
    },
  }
}
