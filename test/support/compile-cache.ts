import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** For processes that run the sources: Node keeps there what it has compiled, which takes half of the time that a command starts. */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: join(tmpdir(), `handaxe-compiled-${process.getuid?.() ?? 0}`),
}
