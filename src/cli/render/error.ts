import { HandaxeError } from '../../contracts/errors.ts'
import { hangingText, safeText, type Terminal } from '../terminal.ts'

/** An error for people: what is wrong, what to do next. A bug shows its stack, since somebody has to find it. */
export function renderError(error: unknown, colors: Terminal['err'], { stack }: { stack: boolean }): string {
  if (HandaxeError.isInstance(error)) {
    const lines = [`${colors.red('error')} ${hangingText(error.message)} ${colors.dim(`(${error.code})`)}`]
    if (error.hint !== undefined) lines.push(`  → ${hangingText(error.hint)}`)
    if (stack && error.stack !== undefined) lines.push(colors.dim(safeText(error.stack)))
    return `${lines.join('\n')}\n`
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${colors.red('internal error')} ${safeText(text)}\n  → This is a fault of handaxe itself: please report it with the lines above.\n`
}
