"""Makes wheels and source archives from a description on stdin, for a package index of a test.

    [{"name", "version", "requires": [], "files": {path: text}, "scripts": {name: target}, "kind": "wheel" | "source", "raw": [path]}]

A source archive has its build backend in its own tree, so that a build needs nothing else: the backend runs `hook` first.
"""

import base64
import hashlib
import io
import json
import sys
import tarfile
import zipfile

BACKEND = '''
import os, zipfile
{hook}
NAME = "{name}-{version}"
def _metadata():
    return "Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n"
def prepare_metadata_for_build_wheel(folder, config_settings=None):
    os.makedirs(os.path.join(folder, NAME + ".dist-info"), exist_ok=True)
    with open(os.path.join(folder, NAME + ".dist-info", "METADATA"), "w") as file:
        file.write(_metadata())
    return NAME + ".dist-info"
def build_wheel(folder, config_settings=None, metadata_directory=None):
    file = NAME + "-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, file), "w") as wheel:
        wheel.writestr("{name}.py", "origin = 'source'\\n")
        wheel.writestr(NAME + ".dist-info/METADATA", _metadata())
        wheel.writestr(NAME + ".dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(NAME + ".dist-info/RECORD", "{name}.py,,\\n")
    return file
'''


def make_wheel(one):
    info = f"{one['name']}-{one['version']}.dist-info"
    requires = "".join(f"Requires-Dist: {text}\n" for text in one.get("requires", []))
    files = dict(one.get("files", {}))
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {one['name']}\nVersion: {one['version']}\n{requires}"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if one.get("scripts"):
        lines = "".join(f"{name} = {target}\n" for name, target in one["scripts"].items())
        files[f"{info}/entry_points.txt"] = f"[console_scripts]\n{lines}"
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={digest},{len(text.encode())}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
    return f"{one['name']}-{one['version']}-py3-none-any.whl", buffer.getvalue()


def make_source(one):
    root = f"{one['name']}-{one['version']}"
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    backend = BACKEND.replace("{hook}", one.get("hook", "")).replace("{name}", one["name"]).replace("{version}", one["version"])
    metadata = f"Metadata-Version: 2.1\nName: {one['name']}\nVersion: {one['version']}\n"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in {"pyproject.toml": project, "backend.py": backend, "PKG-INFO": metadata}.items():
            entry = tarfile.TarInfo(f"{root}/{path}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return f"{root}.tar.gz", buffer.getvalue()


made = [make_source(one) if one.get("kind") == "source" else make_wheel(one) for one in json.load(sys.stdin)]
json.dump([{"file": file, "base64": base64.b64encode(data).decode()} for file, data in made], sys.stdout)
