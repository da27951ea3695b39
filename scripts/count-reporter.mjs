// A vitest reporter that adds one last line with the counts, for people and scripts that look only at the end.
import { addCounts, COUNTS_VARIABLE, renderCounts } from './test-counts.mjs'
import { writeReport } from './test-report.mjs'

export default class CountReporter {
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: 0, skipped: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests())
        counts[test.result().state] = (counts[test.result().state] ?? 0) + 1
      // A file that could not even be loaded has no tests, and is a failure all the same.
      counts.failed += module.errors().length
    }
    counts.failed += errors.length
    addCounts(counts)
    writeReport(modules, errors)
    // Whoever asked for the counts prints them, with those of others.
    if (process.env[COUNTS_VARIABLE]) return
    process.on('exit', () => {
      console.log(renderCounts(counts))
    })
  }
}
