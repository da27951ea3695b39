/** `sys.stdlib_module_names` of Python 3.9 to 3.14, without private ones. */
const STANDARD_LIBRARY = new Set(
  `
  abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb
  binascii binhex bisect builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections
  colorsys compileall compression concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes
  curses dataclasses datetime dbm decimal difflib dis distutils doctest email encodings ensurepip enum errno
  faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc genericpath getopt
  getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib
  inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma macpath mailbox mailcap
  marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path
  numbers opcode operator optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes pkgutil platform
  plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue
  quopri random re readline reprlib resource rlcompleter runpy sched secrets select selectors shelve shlex
  shutil signal site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse
  ssl stat statistics string stringprep struct subprocess sunau symbol symtable sys sysconfig syslog tabnanny
  tarfile telnetlib tempfile termios textwrap this threading time timeit tkinter token tokenize tomllib trace
  traceback tracemalloc tty turtle turtledemo types typing unicodedata unittest urllib uu uuid venv warnings
  wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo
`
    .trim()
    .split(/\s+/),
)

/**
 * Distributions by the module that they provide. What is not in this list is never guessed: a package index gives a
 * package of any name to whoever asks, and nobody knows whose it is.
 */
const DISTRIBUTIONS: Readonly<Record<string, string>> = {
  bs4: 'beautifulsoup4',
  cv2: 'opencv-python',
  dateutil: 'python-dateutil',
  h5py: 'h5py',
  httpx: 'httpx',
  jinja2: 'Jinja2',
  joblib: 'joblib',
  lxml: 'lxml',
  matplotlib: 'matplotlib',
  networkx: 'networkx',
  numpy: 'numpy',
  openpyxl: 'openpyxl',
  pandas: 'pandas',
  PIL: 'Pillow',
  plotly: 'plotly',
  polars: 'polars',
  pyarrow: 'pyarrow',
  pydantic: 'pydantic',
  pytz: 'pytz',
  requests: 'requests',
  scipy: 'scipy',
  seaborn: 'seaborn',
  shapely: 'shapely',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  statsmodels: 'statsmodels',
  sympy: 'sympy',
  tqdm: 'tqdm',
  yaml: 'PyYAML',
}

/** Modules that Python does not bring, sorted. */
export function thirdPartyModules(imports: readonly string[]): string[] {
  const names = imports.filter((name) => name !== 'tools' && !name.startsWith('_') && !STANDARD_LIBRARY.has(name))
  return [...new Set(names)].toSorted()
}

/** The distributions to require, and the modules for which none is known. */
export function toRequirements(imports: readonly string[]): { requirements: string[]; unknown: string[] } {
  const modules = thirdPartyModules(imports)
  const known = modules.filter((name) => Object.hasOwn(DISTRIBUTIONS, name))
  return {
    requirements: known.flatMap((name) => DISTRIBUTIONS[name] ?? []).toSorted(),
    unknown: modules.filter((name) => !known.includes(name)),
  }
}
