import { TestRunner, type RunnerTask, type RunnerTestFile } from 'vitest'
import { isFullSize, SAMPLED_SHARE } from './sizes.ts'

type Report = (files: RunnerTestFile[]) => Promise<void>

/** Runs the first test of a file, and one in so many after it. The others are not there: neither passed nor skipped. */
export default class SamplingRunner extends TestRunner {
  #report: Report | undefined

  /** Vitest puts its own function here, which tells the reporters of all tests: the sample is to be drawn before it. */
  set onCollected(report: Report) {
    this.#report = report
  }

  get onCollected(): Report | undefined {
    const report = this.#report
    if (report === undefined) return undefined
    return async (files) => {
      // Whoever names a test by -t wants that one.
      if (!isFullSize && this.config.testNamePattern === undefined) for (const file of files) draw(file)
      await report(files)
    }
  }
}

function draw(file: RunnerTestFile): void {
  let place = 0
  keep(file, () => place++ % SAMPLED_SHARE === 0)
}

function keep(suite: { tasks: RunnerTask[] }, isChosen: () => boolean): void {
  suite.tasks = suite.tasks.filter((task) => {
    if (task.type !== 'suite') return isChosen()
    keep(task, isChosen)
    // A suite without tests would be reported as a failure.
    return task.tasks.length > 0
  })
}
