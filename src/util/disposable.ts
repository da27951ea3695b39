/** The same thing, closed by `await using` as well. */
export function disposable<Closable extends { close(): Promise<void> }>(thing: Closable): Closable & AsyncDisposable {
  return Object.assign(thing, { [Symbol.asyncDispose]: () => thing.close() })
}
