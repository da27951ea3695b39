import { createInterface } from 'node:readline/promises'
import type { AskForPackages } from '../contracts/environment.ts'
import { hangingText, safeText, type Terminal } from './terminal.ts'

/**
 * Asks on the terminal whether packages may be installed that model-written code wants; everything but a yes is a no.
 * `pause` takes the live line away for as long as the question stands.
 */
export function askForPackages(terminal: Terminal, pause: () => { resume(): void }): AskForPackages {
  return async ({ language, packages, warnings }, { signal }) => {
    const paused = pause()
    const prompt = createInterface({ input: process.stdin, output: process.stderr })
    // Ctrl-C at a question is Ctrl-C: it ends the run.
    prompt.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
    try {
      for (const warning of warnings) terminal.writeProgress(`${terminal.err.yellow(`! ${hangingText(warning)}`)}\n`)
      const source = language === 'python' ? 'the Python index' : 'the npm registry'
      const text = `The code wants to import ${safeText(packages.join(', '))}. Install it from ${source} for the sandbox? [y/N] `
      return /^y(es)?$/i.test((await prompt.question(text, { signal })).trim())
    } finally {
      prompt.close()
      paused.resume()
    }
  }
}
