/** A package of the standard Python environment. */
export interface StandardPackage {
  /** As the index calls it. */
  name: string
  module: string
  /** Debian's package; null where the distribution has none. */
  distribution: string | null
}

/** What numbers and plots are made of: other packages are built against these versions. */
export const SCIENCE_PACKAGES: readonly StandardPackage[] = ['numpy', 'pandas', 'scipy', 'matplotlib'].map((name) => ({
  name,
  module: name,
  distribution: `python3-${name}`,
}))

/** What every Python program may import besides the standard library. docker/Dockerfile has the same list. */
export const STANDARD_PACKAGES: readonly StandardPackage[] = [
  ...SCIENCE_PACKAGES,
  // Workbooks, for pandas.read_excel.
  { name: 'openpyxl', module: 'openpyxl', distribution: 'python3-openpyxl' },
  // Parquet, for pandas.read_parquet. 170 MB; fastparquet has 16, and cannot read half of what others write.
  { name: 'pyarrow', module: 'pyarrow', distribution: null },
  // Which encoding a text file has.
  { name: 'charset-normalizer', module: 'charset_normalizer', distribution: 'python3-charset-normalizer' },
]

export const STANDARD_PACKAGE_NAMES: readonly string[] = STANDARD_PACKAGES.map(({ name }) => name)
