import { HandaxeError } from '../contracts/errors.ts'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const EXIT_CODE_INTERRUPTED = 130

/**
 * The first Ctrl-C (or SIGTERM, SIGHUP) aborts the signal, and the command ends by itself within a second; a second one
 * ends the process at once. The sandbox's processes die with this one in either case.
 */
export function listenForInterrupts(): { signal: AbortSignal; stop(): void } {
  const controller = new AbortController()
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(EXIT_CODE_INTERRUPTED)
    controller.abort(new HandaxeError('cancelled', 'Interrupted'))
  }
  for (const name of SIGNALS) process.on(name, listener)
  return {
    signal: controller.signal,
    stop: () => {
      for (const name of SIGNALS) process.off(name, listener)
    },
  }
}
