import { PROXY_USER } from './proxy-token.ts'

/**
 * The variables by which the code's HTTP libraries find the proxy at `127.0.0.1:port` of the sandbox. Code that unsets
 * them reaches nothing: there is no other way out. Both cases, because curl and others read only one of them.
 */
export function proxyEnvironment({ port, token }: { port: number; token: string }): Record<string, string> {
  const url = `http://${PROXY_USER}:${token}@127.0.0.1:${port}`
  return {
    HTTP_PROXY: url,
    http_proxy: url,
    HTTPS_PROXY: url,
    https_proxy: url,
    ALL_PROXY: url,
    all_proxy: url,
    // Nothing goes around it, whatever the machine's own settings say.
    NO_PROXY: '',
    no_proxy: '',
    // Makes `fetch` and `node:http` of Node read the variables above. Read once, when Node starts.
    NODE_USE_ENV_PROXY: '1',
  }
}
