#!/bin/sh
# SPDX-License-Identifier: MIT
set -eu
# shellcheck disable=SC2046 # the flags are words
${CXX:-g++} -std=c++20 -Wall -Wextra -Werror consumer.cpp -o consumer $(pkg-config --cflags --libs rbm)
