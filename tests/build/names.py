#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Nobody asks which one it is: outside lib/rbm/method/ and lib/rbm/model/units/ no source file compares the name of a
method or of a unit kind, and outside lib/rbm/model/ none asks for the type of a bank of units.  What a file needs to know
of a method or of a kind, its row in the table says.

usage: names.py SOURCE_FOLDER
"""
import pathlib
import re
import sys

METHODS = """pcd cd fpcd tempering exact score-matching denoising sliced pseudo-likelihood ratio-matching nce discriminative
hybrid gibbs metropolis gibbs-with-gradients langevin mala gibbs-langevin annealing ais reverse sandwich""".split()

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
STRING = r'"(?:[^"\\\n]|\\.)*"'
COMPARED = r"(?:==|!=)"


def unit_kinds(root):
    """The kinds' names, and the C++ names of their banks."""
    names, types = [], []
    for header in sorted((root / "lib/rbm/model/units").glob("*.h")):
        text = header.read_text()
        names += re.findall(r'string_view name = "([^"]+)"', text)
        types += re.findall(r"^using (\w+) = Basic\1<float>;", text, re.MULTILINE)
    return names, types


def without_comments(text):
    """The same text with blanks in place of comments, so that lines keep their numbers."""
    return re.sub(f"({STRING})|({COMMENT.pattern})", lambda m: m[1] or re.sub(r"[^\n]", " ", m[2]), text,
                  flags=re.DOTALL)


def patterns(kinds, types):
    """What to look for, and what it is; the second list is for files outside lib/rbm/model/."""
    name = '"(?:' + "|".join(map(re.escape, METHODS + kinds)) + ')"'
    word = rf"(?:[\w:]+[({{])?{name}s?v?"  # std::string_view("name") too
    member = r"(?:\w+::)*\w+(?:<\w+>)?::name\b"
    bank = r"(?:rbm::)?(?:Basic)?(?:" + "|".join(types or ["-"]) + r")(?:<\w+>)?"
    everywhere = [
        (rf"{COMPARED}\s*{word}", "compares with"),
        (rf"{word}\)?\s*{COMPARED}", "compares with"),
        (rf"\b(?:compare|starts_with|ends_with|equal)\(\s*{word}", "compares with"),
        (rf"{COMPARED}\s*{member}", "compares with"),
        (rf"{member}\s*{COMPARED}", "compares with"),
    ]
    above = [
        (rf"\b(?:get|get_if|holds_alternative)<\s*(?:const\s+)?{bank}\s*>", "asks for the type of units:"),
        (rf"\bis_same(?:_v)?<[^;{{}}]*?\b{bank}\s*>", "asks for the type of units:"),
        (rf"\bstd::same_as<\s*{bank}\s*>", "asks for the type of units:"),
    ]
    return everywhere, above


def faults_of(text, found_by):
    text = without_comments(text)
    seen = set()
    for pattern, what in found_by:
        for match in re.finditer(pattern, text):
            line = text.count("\n", 0, match.start()) + 1
            if line not in seen:
                seen.add(line)
                yield f"{line}: {what} {' '.join(match[0].split())}"


def faults(root):
    everywhere, above = patterns(*unit_kinds(root))
    for top in ("lib", "apps"):
        for path in sorted((root / top).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix not in (".h", ".cpp") or name.startswith(("lib/rbm/method/", "lib/rbm/model/units/")):
                continue
            model = name.startswith("lib/rbm/model/")
            found = faults_of(path.read_text(), everywhere if model else everywhere + above)
            yield from (f"{name}:{fault}" for fault in found)


if __name__ == "__main__":
    all_faults = list(faults(pathlib.Path(sys.argv[1])))
    print("\n".join(all_faults) or "no file compares names")
    sys.exit(1 if all_faults else 0)
