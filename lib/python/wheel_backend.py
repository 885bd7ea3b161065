# SPDX-License-Identifier: MIT
"""meson-python, of which releases before 0.13 (Debian 12 has 0.12) pack all that Meson would install, the programs and
headers too: a wheel gets what is tagged as Python's.
"""
import mesonpy
from mesonpy import *  # noqa: F401,F403  the hooks of a build backend

if tuple(int(part) for part in mesonpy.__version__.split('.')[:2]) < (0, 13):
    _everything = mesonpy.Project._install_plan.fget

    def _of_python(project):
        return {kind: {file: facts for file, facts in files.items() if facts['tag'] == 'python-runtime'}
                for kind, files in _everything(project).items()}

    mesonpy.Project._install_plan = property(_of_python)
