/** Imports packages and tells how it went. Runs in the sandbox: an import runs the package's own code. */
export async function check_imports({ modules }) {
  const imported = []
  const failed = []
  for (const module of modules) {
    try {
      await import(module)
      imported.push({ module, version: null })
    } catch (error) {
      failed.push({ module, type: String(error?.name), message: String(error?.message).slice(0, 2000) })
    }
  }
  return { imported, failed }
}
