#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The include check sees what it is there for: a small tree with one fault of each kind."""
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import layers  # noqa: E402

LINE = "// SPDX-License-Identifier: MIT\n"
TREE = {
    "meson.build": "# SPDX-License-Identifier: MIT\n",
    "lib/rbm/model/meson.build": "# SPDX-License-Identifier: MIT\ninstall_headers('good.h', 'open.h', subdir: 'rbm')\n",
    "lib/rbm/model/good.h": LINE + '#include <vector>\n#include "rbm/kernels/matrix.h"\n',
    "lib/rbm/model/open.h": LINE + "#include <fmt/format.h>\n",
    "lib/rbm/model/up.cpp": LINE + '#include "rbm/io/images.h"\n',
    "lib/rbm/model/umbrella.cpp": LINE + '#include "rbm/rbm.h"\n',
    "lib/rbm/model/simd.cpp": LINE + '#include "hwy/highway.h"\n#include "rbm/kernels/simd-inl.h"\n',
    "lib/rbm/model/short.cpp": LINE + '#include "good.h"\n',
    "lib/rbm/model/units/deep.cpp": LINE + '#include "rbm/kernels/matrix.h"\n#include "rbm/trainer/objectives/nce.h"\n',
    "lib/rbm/trainer/aside.cpp": LINE + '#include "rbm/estimate/exact.h"\n',
    "lib/rbm/cellar/new.cpp": LINE,
    "lib/rbm/io/advice.cpp": LINE + '// --force\nauto a = "there already; use --force";\n',
    "lib/rbm/method/table.cpp": LINE + 'auto a = "with --labels";\n',
    "apps/fine.cpp": LINE + '#include <fmt/format.h>\n#include "command.h"\n#include "rbm/rbm.h"\n',
    "apps/bare.cpp": "int main() {}\n",
    "tests/fine.sh": "#!/bin/sh\n# SPDX-License-Identifier: MIT\n",
}
EXPECTED = {
    "lib/rbm/model/good.h: a public header includes rbm/kernels/matrix.h, which is not installed",
    "lib/rbm/model/open.h: a public header includes fmt/format.h: consumers would need it too",
    "lib/rbm/model/up.cpp: model includes rbm/io/images.h from the floor io above it",
    "lib/rbm/model/umbrella.cpp: includes rbm/rbm.h, which is for apps, tests and docs only",
    'lib/rbm/model/short.cpp: includes "good.h": write it as rbm/<floor>/<file>.h',
    "lib/rbm/model/units/deep.cpp: model includes rbm/trainer/objectives/nce.h from the floor trainer above it",
    "lib/rbm/trainer/aside.cpp: trainer includes rbm/estimate/exact.h from estimate, the room beside it",
    "lib/rbm/cellar/new.cpp: lies on no floor",
    'lib/rbm/io/advice.cpp: names an option of a program: auto a = "there already; use --f',
    "apps/bare.cpp: the first line must be its SPDX-License-Identifier",
}

with tempfile.TemporaryDirectory() as folder:
    root = pathlib.Path(folder)
    for name, text in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    found = set(layers.faults(root))
for fault in sorted(EXPECTED - found):
    print("not seen:", fault)
for fault in sorted(found - EXPECTED):
    print("seen without reason:", fault)
sys.exit(1 if found != EXPECTED else 0)
