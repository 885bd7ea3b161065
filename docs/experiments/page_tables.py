# SPDX-License-Identifier: MIT
"""What experiments share that keep their tables in a page of the documents."""
import re
import sys


def with_tables(page, tables):
    """The text of the page with these tables, by name, between `<!-- begin NAME -->` and `<!-- end NAME -->`."""
    text = page.read_text()
    for name, table in tables.items():
        pattern = re.compile(rf'(<!-- begin {name} -->\n).*?(<!-- end {name} -->)', re.S)
        if not pattern.search(text):
            sys.exit(f'{page}: found no place for {name}, expected <!-- begin {name} --> and <!-- end {name} -->')
        text = pattern.sub(lambda found: found[1] + table + '\n' + found[2], text)
    return text
