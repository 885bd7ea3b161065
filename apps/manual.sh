#!/bin/sh
# SPDX-License-Identifier: MIT
# The manual page of a program, from its --help-all.
# usage: manual.sh HELP2MAN PROGRAM
set -eu
# What stands between the usage and the first empty line, as the line that `apropos` shows: in one line, without its stop.
summary=$("$2" --help-all | sed -n '2,/^$/p' | tr '\n' ' ' | sed 's/\. *$//')
exec "$1" --no-info --help-option=--help-all --name="$summary" --manual='Restricted Boltzmann machines' \
    --source="$("$2" --version | sed -n '1s/.*(rbm) /rbm /p')" "$2"
