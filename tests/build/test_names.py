#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The check of names sees each form of a comparison, and nothing else: a small tree with one line of each."""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import names  # noqa: E402

KIND = """struct BasicPotts {
    static constexpr std::string_view name = "potts";
};
using Potts = BasicPotts<float>;
"""
SEEN = [
    'bool a = run.algorithm == "pcd";',
    'bool a = "score-matching" != run.algorithm;',
    'bool a = run.sampler ==\n    "gibbs-with-gradients";',
    'bool a = units == "potts";',
    'bool a = units == std::string_view("potts");',
    'bool a = std::string("potts") == units;',
    'bool a = units.compare("potts") == 0;',
    'bool a = units.starts_with("potts");',
    "bool a = units == Potts::name;",
    "bool a = rbm::BasicPotts<float>::name != units;",
    "bool a = algorithm == FastPersistent::name;",
    "auto a = std::get_if<Potts>(&units);",
    "auto a = std::get<rbm::BasicPotts<double>>(units);",
    "bool a = std::holds_alternative<BasicPotts<Real>>(units);",
    "bool a = std::is_same_v<std::decay_t<decltype(bank)>, BasicPotts<float>>;",
]
FINE = [
    '// run.algorithm == "pcd"',
    '/* units == "potts" */',
    'auto a = "// " + text; bool b = run.algorithm == other;',
    'program.example("rbm-train --algorithm pcd", "== potts");',
    'auto a = Potts::name;',
    'bool a = row.name == name;',
    'bool a = text == "something else";',
    "auto a = std::get<Bytes>(storage);",
    'auto a = make_units<float>("potts", 3, 4);',
]
TREE = {
    "lib/rbm/model/units/potts.h": KIND + 'bool own = text == "potts" || text == Potts::name;\n',
    "lib/rbm/method/algorithms.cpp": 'bool own = text == "pcd";\n',
    "lib/rbm/model/bridge.cpp": "auto a = std::get<Potts>(units);\n",
    "lib/rbm/model/compose.cpp": 'bool a = kind(units) == "potts";\n',
    "apps/train.cpp": 'bool a = run.algorithm == "cd";\n',
}

failures = []
with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)

    def write(name, text):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)

    for file, content in TREE.items():
        write(file, content)
    found = list(names.faults(root))
    if found != ['lib/rbm/model/compose.cpp:1: compares with == "potts"', 'apps/train.cpp:1: compares with == "cd"']:
        failures.append(f"of the tree: {found}")
    (root / "apps/train.cpp").unlink()
    (root / "lib/rbm/model/compose.cpp").unlink()
    for lines, wanted in ((SEEN, 1), (FINE, 0)):
        for line in lines:
            write("apps/one.cpp", "// SPDX-License-Identifier: MIT\n\n" + line + "\n")
            found = list(names.faults(root))
            if len(found) != wanted or (wanted and not found[0].startswith("apps/one.cpp:3:")):
                failures.append(f"{'not seen' if wanted else 'seen without reason'}: {line!r}: {found}")
print("\n".join(failures) or "each form is seen, and nothing else")
sys.exit(1 if failures else 0)
