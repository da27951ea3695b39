/** Takes the types out of TypeScript, which stays data: nothing of it is run. */
import { stripTypeScriptTypes } from 'node:module'

export function stripTypes({ code }) {
  try {
    return { code: stripTypeScriptTypes(code) }
  } catch (error) {
    if (error.code !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return { problem: `${error.name}: ${error.message}` }
  }
  // Enums and namespaces are more than types: they become code.
  return { code: stripTypeScriptTypes(code, { mode: 'transform' }) }
}
