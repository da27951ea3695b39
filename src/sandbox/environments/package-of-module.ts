import type { ToolLanguage } from '../../contracts/sandbox.ts'
import { normalisePackageName } from './parse-requirement.ts'

/** Well-known packages whose modules have another name than they. A guess for others could name somebody else's package. */
const PYTHON_PACKAGES: Readonly<Record<string, string>> = {
  attr: 'attrs',
  bs4: 'beautifulsoup4',
  Crypto: 'pycryptodome',
  cv2: 'opencv-python-headless',
  dateutil: 'python-dateutil',
  docx: 'python-docx',
  dotenv: 'python-dotenv',
  fitz: 'pymupdf',
  jwt: 'pyjwt',
  PIL: 'pillow',
  // So pandas calls it.
  pytables: 'tables',
  pptx: 'python-pptx',
  serial: 'pyserial',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  slugify: 'python-slugify',
  yaml: 'pyyaml',
}

/** The registry's name of the package that holds a top-level module: mostly the module's own. */
export function packageOfModule(language: ToolLanguage, module: string): string {
  if (language === 'javascript') return module
  return Object.hasOwn(PYTHON_PACKAGES, module)
    ? (PYTHON_PACKAGES[module] ?? module)
    : normalisePackageName(module, 'python')
}
