import type { ToolLanguage } from '../../contracts/sandbox.ts'

// Names that many look for, and that others imitate: for "did you mean" and for warnings, never for permission.
const PYTHON = `
  absl-py aiofiles aiohttp aiosqlite alembic altair annotated-types anthropic anyio arrow astropy async-timeout attrs
  azure-core azure-identity babel backoff bcrypt beautifulsoup4 biopython black bokeh boto3 botocore bottleneck cachetools
  catboost celery certifi cffi chardet charset-normalizer click cloudpickle colorama contourpy coverage cryptography cycler
  cython dask dateparser decorator defusedxml deprecated dill distro django djangorestframework docopt docutils docx2txt
  duckdb einops elasticsearch emoji et-xmlfile faker fastapi filelock flask fonttools fsspec future fuzzywuzzy gensim
  geopandas geopy gitpython google-api-core google-auth googleapis-common-protos graphviz greenlet grpcio gunicorn h5py
  holidays html5lib httpcore httplib2 httpx huggingface-hub humanize hypothesis idna imageio imbalanced-learn importlib-metadata
  ipython isodate itsdangerous jinja2 jmespath joblib jsonpath-ng jsonschema jupyter kiwisolver langchain levenshtein lightgbm
  llvmlite loguru lxml mako markdown markdown-it-py markupsafe matplotlib more-itertools mpmath msgpack multidict mypy
  mypy-extensions mysqlclient nbformat networkx nltk notebook num2words numba numexpr numpy oauthlib odfpy openai
  opencv-python opencv-python-headless openpyxl opentelemetry-api orjson packaging pandas paramiko pathspec patsy pdfminer-six
  pdfplumber peewee pendulum phonenumbers pillow pint platformdirs plotly pluggy polars ply prettytable prompt-toolkit
  protobuf psutil psycopg2 psycopg2-binary pulp pyarrow pyasn1 pycountry pycparser pycryptodome pydantic pydantic-core pydot
  pygments pyjwt pymongo pymupdf pymysql pyparsing pypdf pypdf2 pyproj pyserial pytest python-dateutil python-docx
  python-dotenv python-multipart python-pptx pytz pyyaml pyzmq qrcode rapidfuzz redis regex reportlab requests
  requests-oauthlib rich rpds-py rsa ruff s3transfer scikit-image scikit-learn scipy scrapy seaborn selenium sentencepiece
  setuptools shapely simplejson six sniffio sortedcontainers soupsieve spacy sqlalchemy sqlparse starlette statsmodels
  streamlit sympy tabulate tenacity tensorflow termcolor textblob threadpoolctl tiktoken tokenizers toml tomli tomlkit
  toolz torch torchvision tornado tqdm traitlets transformers typer typing-extensions tzdata tzlocal ujson unidecode
  urllib3 uvicorn virtualenv wcwidth websocket-client websockets werkzeug wheel wordcloud wrapt xarray xgboost xlrd
  xlsxwriter xmltodict yarl yfinance zipp zstandard`
const JAVASCRIPT = `
  acorn ajv archiver async axios babel-core bcrypt bignumber.js bluebird body-parser bootstrap browserify bson big.js
  camelcase chai chalk cheerio chokidar classnames color commander compression concurrently cookie cors cross-env
  cross-spawn crypto-js csv-parse csv-stringify d3 d3-array d3-scale danfojs dayjs debug decimal.js deepmerge dotenv ejs
  escape-string-regexp eslint esbuild events execa express fast-deep-equal fast-glob fast-xml-parser fastify fflate
  form-data fraction.js fs-extra fuse.js glob globby got graphql handlebars he highlight.js html-to-text http-proxy
  iconv-lite immer immutable inquirer is-number is-plain-object jest joi jquery js-yaml jsdom json5 jsonwebtoken jszip kleur
  knex koa linkedom lodash lodash-es lru-cache luxon markdown-it marked mathjs mime minimatch minimist mkdirp mocha moment
  moment-timezone mongodb mongoose ms multer mustache mysql mysql2 nanoid node-fetch nodemailer nodemon object-assign openai
  ora p-limit papaparse passport path-to-regexp pdf-lib pg picocolors pino playwright postcss preact prettier prop-types
  puppeteer qs ramda react react-dom react-router redis redux regenerator-runtime request rimraf rollup rxjs sass semver
  sequelize sharp shelljs simple-statistics slugify socket.io sqlite3 string-width strip-ansi supports-color svelte
  tailwindcss terser three through2 tslib turndown typescript uglify-js underscore undici uuid validator vite vitest vue
  webpack winston ws xlsx xml2js yaml yargs zod zustand`

/** The module that is imported bears another name than the package: what people and models then ask for. */
const PYTHON_MODULES: Record<string, string> = {
  attr: 'attrs',
  bs4: 'beautifulsoup4',
  cv2: 'opencv-python-headless',
  crypto: 'pycryptodome',
  dateutil: 'python-dateutil',
  docx: 'python-docx',
  dotenv: 'python-dotenv',
  fitz: 'pymupdf',
  jwt: 'pyjwt',
  pil: 'pillow',
  pptx: 'python-pptx',
  skimage: 'scikit-image',
  sklearn: 'scikit-learn',
  yaml: 'pyyaml',
}

const NAMES = { python: PYTHON.trim().split(/\s+/), javascript: JAVASCRIPT.trim().split(/\s+/) }

export function popularPackages(language: ToolLanguage): string[] {
  return NAMES[language]
}

/** The package that offers a module of this name, where it is known to be called otherwise; else null. */
export function packageOfModule(module: string, language: ToolLanguage): string | null {
  if (language !== 'python' || !Object.hasOwn(PYTHON_MODULES, module)) return null
  return PYTHON_MODULES[module] ?? null
}
