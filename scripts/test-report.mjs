// What was skipped and what failed, for programs: written to the file HANDAXE_TEST_REPORT, where that is set.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'

/** Of vitest's modules and errors, as a reporter gets them at the end: { passed, failed: [{ file, title, message }], skipped: [{ file, title }] }. */
export function writeReport(modules, errors, path = process.env.HANDAXE_TEST_REPORT) {
  if (!path) return
  const report = { passed: 0, failed: [], skipped: [] }
  for (const module of modules) {
    const file = relative(process.cwd(), module.moduleId)
    for (const test of module.children.allTests()) {
      const { state, errors: reasons = [] } = test.result()
      const title = test.fullName
      if (state === 'passed') report.passed++
      if (state === 'skipped') report.skipped.push({ file, title })
      if (state === 'failed') report.failed.push({ file, title, message: firstLine(reasons[0]) })
    }
    // A file that could not even be loaded has no tests, and is a failure all the same.
    for (const error of module.errors()) report.failed.push({ file, title: '(the file)', message: firstLine(error) })
  }
  for (const error of errors) report.failed.push({ file: '', title: '(the run)', message: firstLine(error) })
  writeFileSync(path, JSON.stringify(report))
}

function firstLine(error) {
  return String(error?.message ?? error)
    .split('\n')[0]
    .slice(0, 300)
}
