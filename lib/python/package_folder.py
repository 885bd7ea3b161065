# SPDX-License-Identifier: MIT
"""Where the package goes: the folder of `prefix` in which this Python looks for packages, else the one that Meson names.

usage: package_folder.py PREFIX MESONS_FOLDER
"""
import os
import sys
import sysconfig

prefix, fallback = sys.argv[1:]
folders = [sysconfig.get_path('platlib', scheme, {'base': prefix, 'platbase': prefix})
           for scheme in ('posix_local', 'posix_prefix') if scheme in sysconfig.get_scheme_names()]
folders = [folder.replace('/local/local/', '/local/') for folder in folders]
print(next((folder for folder in [fallback] + folders if os.path.normpath(folder) in sys.path), fallback))
