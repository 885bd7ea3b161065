#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The floors hold: a file includes its own room and the floors below, never above and not the room beside it; every source
file names its licence; every error of the library is an rbm::Error; only help texts of its tables name options of programs.

usage: layers.py SOURCE_FOLDER
"""
import pathlib
import re
import sys

# From the ground up; rooms of one floor do not know each other.
FLOORS = [["kernels"], ["data"], ["model"], ["sampler"], ["trainer", "estimate"], ["check", "io"], ["method"], ["apps"]]
HEIGHT = {room: height for height, floor in enumerate(FLOORS) for room in floor}
SOURCES = {".h", ".cpp", ".js", ".py", ".sh", ".build", ".in"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
STD_ERROR = re.compile(r"\bthrow (std::(?!bad_alloc)\w+)")
OPTION = re.compile(r'^(?!\s*//)[^"\n]*"[^"\n]*--[a-z]', re.MULTILINE)
SPDX = re.compile(r"^(//|#) SPDX-License-Identifier: MIT$")


def source_files(root):
    for top in ("lib", "apps", "tests", "docs", "datasets", ".ci"):
        for path in sorted((root / top).rglob("*")):
            named = path.suffix in SOURCES or path.name in ("CMakeLists.txt", "run")
            if path.is_file() and named and "__pycache__" not in path.parts:
                yield path.relative_to(root)
    yield pathlib.Path("meson.build")


def floor_of(path):
    """The floor that a source file lies on; None above all floors (tests, docs)."""
    if path.parts[0] == "apps":
        return "apps"
    if path.parts[:2] == ("lib", "rbm") and len(path.parts) > 3:
        return path.parts[2]
    return None


def installed_headers(root):
    for build in sorted((root / "lib").rglob("meson.build")):
        for call in re.findall(r"install_headers\(([^)]*)\)", build.read_text()):
            for name in re.findall(r"'([^']+\.h)'", call):
                yield (build.parent / name).relative_to(root)


def include_faults(path, text, public):
    floor = floor_of(path)
    for bracket, name in INCLUDE.findall(text):
        ours = re.fullmatch(r"rbm/(?:(\w+)/)?(?:\w+/)?[\w-]+\.h", name)
        if not ours:
            if path in public and (bracket == '"' or "." in name or "/" in name):
                yield f"a public header includes {name}: consumers would need it too"
            elif floor not in (None, "apps") and bracket == '"' and "/" not in name:
                yield f'includes "{name}": write it as rbm/<floor>/<file>.h'
            continue
        above = ours[1]
        if above is None:
            if floor not in (None, "apps"):
                yield f"includes {name}, which is for apps, tests and docs only"
        elif above not in HEIGHT:
            yield f"includes {name}, which lies on no floor"
        elif floor is not None and HEIGHT[above] > HEIGHT[floor]:
            yield f"{floor} includes {name} from the floor {above} above it"
        elif floor is not None and above != floor and HEIGHT[above] == HEIGHT[floor]:
            yield f"{floor} includes {name} from {above}, the room beside it"
        if path in public and pathlib.Path("lib", name) not in public:
            yield f"a public header includes {name}, which is not installed"


def faults(root):
    public = set(installed_headers(root))
    yield from (f"{path}: is installed but missing" for path in sorted(public) if not (root / path).is_file())
    for path in source_files(root):
        text = (root / path).read_text()
        lines = text.splitlines()
        first = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
        if not (first and SPDX.match(first[0])):
            yield f"{path}: the first line must be its SPDX-License-Identifier"
        if path.suffix not in (".h", ".cpp"):
            continue
        floor = floor_of(path)
        if floor is not None and floor not in HEIGHT:
            yield f"{path}: lies on no floor"
            continue
        yield from (f"{path}: {fault}" for fault in include_faults(path, text, public))
        if path.parts[0] == "lib":
            yield from (f"{path}: throws {name}, expected an error of rbm/kernels/error.h" for name in STD_ERROR.findall(text))
        if path.parts[0] == "lib" and path.parts[2:3] != ("method",):
            yield from (f"{path}: names an option of a program: {found.strip()}" for found in OPTION.findall(text))


if __name__ == "__main__":
    found = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "floors, licence lines and errors hold")
    sys.exit(1 if found else 0)
