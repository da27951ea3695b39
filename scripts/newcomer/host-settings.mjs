// What a bare root needs of this machine's settings for downloads to work as they do here: names, registries, proxies,
// certificates. Read from where they stand; nothing of them is kept in the project.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join } from 'node:path'

const VARIABLES =
  /^(?:(?:https?|ftp|all|no)_proxy|PIP_.+|UV_.+|npm_config_.+|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|GIT_SSL_CAINFO)$/i
/** npm tells its scripts where it and its user live: that is another place in the root. */
const PLACES_OF_NPM =
  /^npm_config_(?:prefix|local_prefix|global_prefix|global|userconfig|globalconfig|cache|init_module|node_gyp|user_agent|noproxy|npm_version)$/i
const CERTIFICATES = '/usr/local/share/ca-certificates'
const BUNDLE = '/etc/ssl/certs/ca-certificates.crt'

/** Writes the settings into the root folder; returns the variables that commands in it are to have. */
export function copySettings(root) {
  for (const path of ['/etc/resolv.conf', '/etc/hosts']) copyIn(root, path)
  copyCertificates(root)
  const variables = copyVariables(root)
  writeIn(root, '/usr/local/etc/npmrc', npmSettings())
  const settings = ['/etc/pip.conf', join(homedir(), '.config/pip/pip.conf'), join(homedir(), '.pip/pip.conf')]
  const [machine, ...own] = settings
  if (existsSync(machine)) copyIn(root, machine)
  const ownFile = own.find((path) => existsSync(path))
  if (ownFile !== undefined && variables.PIP_CONFIG_FILE === undefined) {
    variables.PIP_CONFIG_FILE = '/usr/local/etc/pip.conf'
    writeIn(root, variables.PIP_CONFIG_FILE, readFileSync(ownFile))
  }
  writeIn(root, '/etc/apt/apt.conf.d/90as-the-host', aptSettings())
  return variables
}

function copyVariables(root) {
  const variables = {}
  for (const [name, value] of Object.entries(process.env)) {
    if (!VARIABLES.test(name) || PLACES_OF_NPM.test(name) || value === undefined) continue
    if (isAbsolute(value)) {
      // A file comes along; a folder of the machine's own does not.
      if (existsSync(value) && statSync(value).isFile()) copyIn(root, value)
      if (!existsSync(join(root, value))) continue
    }
    variables[name] = value
  }
  return variables
}

function copyCertificates(root) {
  if (existsSync(CERTIFICATES)) {
    for (const name of readdirSync(CERTIFICATES).filter((file) => file.endsWith('.crt'))) {
      copyIn(root, join(CERTIFICATES, name))
    }
  }
  const { status, stderr } = spawnSync('chroot', [root, 'update-ca-certificates'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`update-ca-certificates failed in the bare root: ${stderr}`)
  // Whatever else this machine trusts.
  if (existsSync(BUNDLE)) copyIn(root, BUNDLE)
}

/** The machine's and the user's, in the order in which npm lets them win. */
function npmSettings() {
  const { stdout } = spawnSync('npm', ['config', 'get', 'globalconfig'], { encoding: 'utf8', cwd: '/' })
  const files = [stdout.trim(), process.env.npm_config_userconfig ?? join(homedir(), '.npmrc')]
  const lines = files.flatMap((path) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []))
  return `${lines.join('\n')}\n`
}

/** How packages are fetched; where from is what debootstrap wrote. */
function aptSettings() {
  const { status, stdout } = spawnSync('apt-config', ['dump', '--no-empty', 'Acquire'], { encoding: 'utf8' })
  if (status !== 0) return ''
  const kept = /^Acquire::(?:https?|ftp|Check-|Retries|Queue|Force|Proxy|AllowInsecure|Max-)/i
  return stdout
    .split('\n')
    .filter((line) => kept.test(line))
    .map((line) => `${line}\n`)
    .join('')
}

function copyIn(root, path) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  copyFileSync(path, join(root, path))
}

function writeIn(root, path, content) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}
