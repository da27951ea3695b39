import type { RunEvent } from '../../contracts/events.ts'
import type { Terminal } from '../terminal.ts'
import { activityAfter } from './activity.ts'
import { renderEvent } from './event-lines.ts'

export interface Progress {
  show(event: RunEvent): void
  /** Takes the live line away until `resume`: something else is written there. */
  pause(): { resume(): void }
  /** Takes the live line away. */
  end(): void
}

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const FRAME_MS = 100

/** Events as lines on stderr; on a terminal also one line below them that tells what is under way and for how long. */
export function createProgress(terminal: Terminal, { verbose }: { verbose: boolean }): Progress {
  let activity: { text: string; since: number } | null = null
  let frame = 0
  let isPaused = false
  const clear = (): void => {
    if (terminal.live && activity !== null) terminal.writeProgress('\r\u001b[2K')
  }
  const draw = (): void => {
    if (!terminal.live || activity === null) return
    const seconds = Math.floor((Date.now() - activity.since) / 1000)
    const text = `${FRAMES[frame++ % FRAMES.length]} ${activity.text}${seconds > 0 ? ` ${seconds} s` : ''}`
    terminal.writeProgress(`\r\u001b[2K${terminal.err.dim(text.slice(0, terminal.columns - 1))}`)
  }
  const timer = terminal.live ? setInterval(draw, FRAME_MS) : null
  timer?.unref()
  return {
    show: (event) => {
      const lines = renderEvent(event, { colors: terminal.err, verbose })
      clear()
      if (lines !== '') terminal.writeProgress(`${lines}\n`)
      const next = activityAfter(event)
      if (next !== null && !isPaused) activity = { text: next, since: Date.now() }
      draw()
    },
    pause: () => {
      clear()
      const last = activity
      activity = null
      isPaused = true
      return {
        resume: () => {
          isPaused = false
          activity = last
        },
      }
    },
    end: () => {
      if (timer !== null) clearInterval(timer)
      clear()
      activity = null
    },
  }
}
