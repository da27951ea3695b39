// A vitest reporter for whole runs: failures as they come, a line of progress, the slowest files and the skipped tests at the end.
import { DefaultReporter } from 'vitest/node'

const EVERY_MS = 15_000
const SLOWEST = 12

export default class ProgressReporter extends DefaultReporter {
  #files = { all: 0, done: 0 }
  #tests = { passed: 0, failed: 0, skipped: 0 }
  #running = new Map()
  #tookMs = []
  #timer

  onTestRunStart(specifications) {
    super.onTestRunStart(specifications)
    this.renderSucceed = false
    this.#files.all = specifications.length
    // A terminal has vitest's own window.
    if (!this.isTTY) this.#timer = setInterval(() => this.log(this.#progress()), EVERY_MS)
  }

  onTestModuleQueued(module) {
    super.onTestModuleQueued(module)
    this.#running.set(module.id, { name: module.relativeModuleId, since: performance.now() })
  }

  onTestModuleEnd(module) {
    super.onTestModuleEnd(module)
    const started = this.#running.get(module.id)
    this.#running.delete(module.id)
    this.#files.done += 1
    if (started) this.#tookMs.push([started.name, performance.now() - started.since])
    for (const test of module.children.allTests()) this.#tests[test.result().state] += 1
  }

  onTestRunEnd(modules, errors, reason) {
    clearInterval(this.#timer)
    super.onTestRunEnd(modules, errors, reason)
    this.#tellSkipped(modules)
    const slowest = this.#tookMs.toSorted(([, one], [, other]) => other - one).slice(0, SLOWEST)
    this.log(`The slowest files:\n${slowest.map(([name, ms]) => `  ${seconds(ms).padStart(6)}  ${name}`).join('\n')}`)
  }

  printTestModule(module) {
    if (module.state() === 'failed') super.printTestModule(module)
  }

  printTestCase(state, test) {
    if (test.result().state === 'failed') super.printTestCase(state, test)
  }

  #progress() {
    const { passed, failed, skipped } = this.#tests
    const now = [...this.#running.values()].map(({ name, since }) => `${name} ${seconds(performance.now() - since)}`)
    const sum = `${passed} passed, ${failed} failed, ${skipped} skipped`
    return `· ${seconds(performance.now() - this.start)}: ${this.#files.done} of ${this.#files.all} files (${sum}); now ${now.join(', ')}`
  }

  /** A title of a skipped test, or of a group around it, says why. */
  #tellSkipped(modules) {
    const skipped = new Map()
    for (const module of modules) {
      const count = [...module.children.allTests('skipped')].length
      if (count > 0) skipped.set(module.relativeModuleId, count)
    }
    if (skipped.size === 0) return
    const lines = [...skipped].map(([name, count]) => `  ${String(count).padStart(6)}  ${name}`)
    this.log(
      `Skipped tests (their titles say what is missing: npx vitest run FILE --reporter=tree):\n${lines.join('\n')}`,
    )
  }
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`
}
