import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, writeSync } from 'node:fs'

/**
 * A listener for the output of one execution: as soon as the program has said `word`, `act` gets the process id, on this
 * machine, of the relay of its container. The program must have told its pid namespace first, as attacks do by themselves.
 */
export function whenSaid(word: string, act: (relay: number) => void): (stream: string, text: string) => void {
  let text = ''
  let isOver = false
  return (_, piece) => {
    text += piece
    const namespace = /NAMESPACE (pid:\[\d+\])/.exec(text)?.[1]
    if (isOver || namespace === undefined || !text.includes(word)) return
    isOver = true
    act(firstProcess(namespace))
  }
}

/** Puts bytes into the stream that only the relay should write to. Only root of the machine can. */
export function writeAs(relay: number, data: Buffer): void {
  const descriptor = openSync(`/proc/${relay}/fd/1`, constants.O_WRONLY)
  try {
    writeSync(descriptor, data)
  } finally {
    closeSync(descriptor)
  }
}

function firstProcess(namespace: string): number {
  const found = readdirSync('/proc').find((name) => /^\d+$/.test(name) && isFirst(name, namespace))
  if (found === undefined) throw new Error(`Nothing runs in ${namespace}`)
  return Number(found)
}

function isFirst(name: string, namespace: string): boolean {
  try {
    const isInside = readlinkSync(`/proc/${name}/ns/pid`) === namespace
    return isInside && /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${name}/status`, 'latin1'))
  } catch {
    // Ended since the folder was read, or a thread of the kernel's own.
    return false
  }
}
