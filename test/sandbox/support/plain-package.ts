import type { Distribution } from '../environments/support/local-python-index.ts'

/** A package that would change the sandbox where it was mounted in a wrong way. */
export const PLAIN_PACKAGE: Distribution = {
  name: 'plain',
  version: '1.1',
  files: {
    'plain/__init__.py': '__version__ = "1.1"\nimport os\nwhere = os.getpid()\n',
    'json.py': 'raise ImportError("in the place of the standard library")\n',
    'frames.py': 'name = "frames of the package"\n',
    'plain.pth': 'import sys; sys.path_was_changed = True\n',
  },
}

/** A Python program that leaves in `found` how the package is there; to be followed by what is done with it. */
export const FIND_PLAIN_PACKAGE = `
import errno, json, os, sys
import plain
from frames import name
try:
    open('/opt/environment/plain/__init__.py', 'a')
    write = 'written'
except OSError as error:
    write = errno.errorcode[error.errno]
at = sys.path.index('/opt/environment')
libraries = [p for p in sys.path if p.endswith('lib-dynload')]
found = [plain.__version__, json.loads('[1]'), name, hasattr(sys, 'path_was_changed'), sys.path[0],
         at > sys.path.index(libraries[0]), [p for p in sys.path[:at] if 'packages' in p], write]
`

/** What `found` is where all is right, but for `write`. */
export const FOUND_PLAIN_PACKAGE = ['1.1', [1], 'frames of the package', false, '/box', true, []]
