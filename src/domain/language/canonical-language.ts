/** A BCP 47 tag such as `de-CH`, in its usual spelling; null where the text is none that this machine can write in. */
export function canonicalLanguage(tag: string): string | null {
  try {
    const [canonical] = Intl.getCanonicalLocales(tag.trim().replaceAll('_', '-'))
    if (canonical === undefined || Intl.NumberFormat.supportedLocalesOf(canonical).length === 0) return null
    return canonical
  } catch {
    // A RangeError: it is no tag.
    return null
  }
}
