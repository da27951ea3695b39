import type { OptionSpecification } from './command.ts'

// Without any other import: the table of commands is read at every start.

/** Of every command that executes code. */
export const SANDBOX_OPTIONS: OptionSpecification[] = [
  { name: 'backend', value: 'NAME', summary: 'linux, docker, e2b, or auto for the first that can be had (default)' },
  {
    name: 'require',
    value: 'WHAT=LEVEL',
    repeated: true,
    summary: 'what the sandbox has to enforce, such as memory=cgroup: nothing runs without it; may be repeated',
  },
]

/** Of every command that has --artifacts. */
export const OVERWRITE_OPTION: OptionSpecification = {
  name: 'overwrite',
  summary: 'with --artifacts: replace files that are there already',
}

/** What one execution gets besides its program and its files. */
export const EXECUTION_OPTIONS: OptionSpecification[] = [
  { name: 'environment', value: 'NAME', summary: 'packages that it can import, see `handaxe env`' },
  {
    name: 'network',
    value: 'HOST[:PORT]',
    repeated: true,
    summary: 'a public host that it may reach by HTTP and HTTPS (default none); may be repeated',
  },
  {
    name: 'secret',
    value: 'HOST:HEADER=VARIABLE',
    repeated: true,
    summary: 'add a header for this host with the value of an environment variable, unseen by the program',
  },
  {
    name: 'host-functions',
    value: 'FILE',
    repeated: true,
    summary:
      'a JavaScript or TypeScript file of yours whose exports the program may call; it runs outside of the sandbox',
  },
  { name: 'call', value: 'FUNCTION', summary: 'call this function of the program; its result is the value' },
  { name: 'arguments', value: 'JSON', summary: 'the arguments of --call, by name (default {})' },
  { name: 'timeout-ms', value: 'N', summary: 'wall time (default 30000)' },
  { name: 'cpu-ms', value: 'N', summary: 'CPU time of all its processes (default 30000)' },
  { name: 'memory-mb', value: 'N', summary: 'memory of all its processes and temporary files (default 512)' },
  {
    name: 'limit',
    value: 'NAME=N',
    repeated: true,
    summary: 'any other limit, such as processes=8 or artifactBytes=1G',
  },
]
