interface Closable {
  close(): Promise<void>
}

/** Opens a part at the first call and gives the same one ever after. A failed opening is tried again by the next call. */
export function once<Part extends object>(
  open: () => Promise<Part>,
): (() => Promise<Part>) & { closeIfOpened(): Promise<void> } {
  let opened: Promise<Part> | null = null
  const get = (): Promise<Part> => {
    opened ??= open().catch((error: unknown) => {
      opened = null
      throw error
    })
    return opened
  }
  return Object.assign(get, {
    closeIfOpened: async (): Promise<void> => {
      const part = await opened?.catch(() => null)
      opened = null
      if (part && 'close' in part) await (part as Part & Closable).close()
    },
  })
}
