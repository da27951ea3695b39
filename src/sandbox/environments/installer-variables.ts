type Variables = Record<string, string | undefined>

/** Where packages come from and how the registry is reached: the user's choice, respected. */
const PIP_VARIABLES =
  /^PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|NO_INDEX|TRUSTED_HOST|CERT|CLIENT_CERT|PROXY|DEFAULT_TIMEOUT|TIMEOUT|RETRIES|RESUME_RETRIES|CACHE_DIR|NO_CACHE_DIR|CONFIG_FILE|KEYRING_PROVIDER|USE_FEATURE|UPLOADED_PRIOR_TO)$/
const NPM_SETTINGS =
  /^(registry|@.*|\/\/.*|_auth|_authtoken|cache|userconfig|globalconfig|proxy|https?_proxy|noproxy|cafile|ca|cert|key|strict_ssl|fetch_.*|maxsockets|before|min_release_age.*|offline|prefer_offline|prefer_online)$/i

/** What a build from source gets: enough for a compiler and the network, nothing that could be a key of something else. */
const BUILD_VARIABLES =
  /^(PATH|HOME|USER|LOGNAME|LANG|LC_.*|TZ|TERM|XDG_.*|(HTTPS?|ALL|NO)_PROXY|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|NETRC|CC|CXX|CFLAGS|CXXFLAGS|CPPFLAGS|LDFLAGS|MAKEFLAGS|PKG_CONFIG_PATH|CARGO_HOME|RUSTUP_HOME)$/i

/**
 * The variables for pip and npm: all that say where packages come from, none of those that say what is installed, how and
 * where (`PIP_TARGET`, `npm_config_global`, which `npm run` sets by the dozen), none that changes the interpreter.
 */
export function installerVariables(given: Variables, options: { temporary: string; builds: boolean }): Variables {
  const variables: Variables = {}
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && isPassedOn(name, options.builds)) variables[name] = value
  }
  // On the same disk as the environment, and gone with it when the build is interrupted.
  return { ...variables, TMPDIR: options.temporary, TEMP: options.temporary, TMP: options.temporary }
}

function isPassedOn(name: string, builds: boolean): boolean {
  if (/^PIP_/i.test(name)) return PIP_VARIABLES.test(name)
  if (builds) return BUILD_VARIABLES.test(name)
  if (/^npm_config_/i.test(name)) return isNpmSource(name.slice('npm_config_'.length))
  // A registry's token may be anywhere: `.npmrc` can name any variable.
  if (name.startsWith('npm_')) return false
  return !/^(PYTHON.*|NODE_OPTIONS|NODE_PATH|INIT_CWD|VIRTUAL_ENV|__PYVENV_LAUNCHER__)$/.test(name)
}

/** npm takes hyphens and underscores for the same, except in scopes and addresses. */
function isNpmSource(key: string): boolean {
  return NPM_SETTINGS.test(/^[@/]/.test(key) ? key : key.replaceAll('-', '_'))
}
