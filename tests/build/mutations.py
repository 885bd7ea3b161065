# SPDX-License-Identifier: MIT
"""The bugs that mutate.py plants: changes of one line, at lines drawn at random.

What is planted: + - * / % and their Highway names, comparisons, && and ||, ! left out, conditions negated, numbers
changed, min for max, true for false, two arguments swapped, a statement removed.  What is not: comments, includes,
declarations, assertions, messages, and code that only reserves memory.  Nor what cannot matter: constants named cost_...
or block_rows, which choose between ways or sizes of equal results, the order of what add() adds, and how much a check
draws: a number of chains or sweeps, or the size of the part of a machine that it takes.
"""
import fnmatch
import random
import re

SHARE_OF_HEADERS = 0.05  # of all mutants: each costs many objects

WORD = r"[A-Za-z_][\w:.]*(?:\[[\w ]+\])?"
SWAPS = [(" + ", " - "), (" - ", " + "), (" * ", " / "), (" / ", " * "), (" % ", " / "), (" += ", " -= "), (" -= ", " += "),
         (" *= ", " /= "), (" /= ", " *= "), (" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "),
         (" == ", " != "), (" != ", " == "), (" && ", " || "), (" || ", " && "), (" | ", " & "), (" & ", " | "),
         (" << ", " >> "), ("std::min", "std::max"), ("std::max", "std::min"), ("hn::Min(", "hn::Max("),
         ("hn::Max(", "hn::Min("), ("hn::Add(", "hn::Sub("), ("hn::Sub(", "hn::Add("), ("hn::Mul(", "hn::Add("),
         ("hn::Div(", "hn::Mul("), ("hn::MulAdd(", "hn::NegMulAdd("), ("hn::NegMulAdd(", "hn::MulAdd("),
         ("std::floor", "std::ceil"), ("true", "false"), ("false", "true"), ("(!", "("), (" !", " "),
         ("++", "--"), ("break;", "continue;")]
NUMBER = re.compile(r"(?<![\w.\"'])(\d+(?:\.\d+)?(?:e-?\d+)?)([FfUu]?)(?![\w.'])")
CONDITION = re.compile(r"\b(?:if|while) \((.*)\)(?: (?:\{|[a-z].*;))?$")
ARGUMENTS = re.compile(r"(\w+)\((%s), (%s)[,)]" % (WORD, WORD))
COMMUTE = {"Add", "Mul", "Min", "Max", "And", "Or", "Xor", "min", "max", "hypot"}
STATEMENT = re.compile(r"^(?:\+\+|--)?[a-z][\w:.>\-\[\]]*(?:<[^<>]*>)?(?:\(.*\)| [-+*/|&^]?= .*)?;$")
DECLARATION = re.compile(r"^(?:return|break|continue|using|throw|delete|goto|case|default|else|static_cast<void>)\b")
NEVER = re.compile(r"^\s*(?:#|using |namespace |template |static_assert|extern |friend |public:|private:|requires|"
                   r"concept |struct |class |enum )"
                   r"|\b(?:reserve|shrink_to_fit|assert|static_assert|grain|noexcept)\b|requires |-> std::same_as")


CANNOT_MATTER = re.compile(r"^constexpr [\w:]+ (?:cost_\w+|block_rows) = ")


AMOUNT = re.compile(r"_chains = |strongest_part\(|BlockGibbs\{\d+\}")


def cannot_matter(mutant):
    if mutant["file"].startswith("lib/rbm/check/") and re.match(r"\d+ to", mutant["what"]):
        return bool(AMOUNT.search(mutant["before"]))
    return bool(CANNOT_MATTER.search(mutant["before"])
                or mutant["what"] == "arguments swapped" and "add(a, b, out)" in mutant["before"])


def masked(text):
    """The text with blanks in place of comments, strings, throws and messages; lines and columns stay."""
    blank = lambda found: re.sub(r"[^\n]", " ", found.group())
    text = re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', blank, text, flags=re.S)
    text = re.sub(r"\bthrow\b[^;]*;", blank, text)
    text = re.sub(r"\b(?:static_)?assert\([^;]*;|^#[^\n]*(?:\\\n[^\n]*)*|\btemplate <[^\n]*", blank, text, flags=re.M)
    text = re.sub(r"\b(?:requires|concept)\b[^;{]*\{.*?\n\};", blank, text, flags=re.S)
    while "fmt::format(" in text:
        first = end = text.index("fmt::format(")
        depth = 0
        while True:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if depth == 0 and text[end] == ")":
                break
            end += 1
        text = text[:first] + re.sub(r"[^\n]", " ", text[first:end + 1]) + text[end + 1:]
    return text


def changed_number(digits, suffix):
    if "." in digits or "e" in digits or suffix in "Ff" and suffix:
        value = float(digits)
        return (f"{value * 1.5:g}" if value else "0.5") + suffix if suffix or "." in digits or "e" in digits else None
    return str(int(digits) + 1) + suffix


def mutations(line, code):
    """All changed lines, with what was done."""
    found = []
    if NEVER.search(code) or not code.strip():
        return found

    def at(first, last, new, what):
        found.append((line[:first] + new + line[last:], what))

    for old, new in SWAPS:
        if old == "++" and re.search(r"\bfor \(", code):
            continue  # endless loops tell little and cost much
        place = code.find(old)
        while place >= 0:
            end = place + len(old)
            around = (code[place - 1:place] if old[0].isalnum() else "") + (code[end:end + 1] if old[-1].isalnum() else "")
            part_of_word = any(letter.isalnum() or letter == "_" for letter in around) or old == " !" and code[end] == "="
            if not part_of_word:
                at(place, end, new, f"{old.strip()} to {new.strip()}" if new.strip() else f"without {old.strip()}")
            place = code.find(old, place + 1)
    for number in NUMBER.finditer(code):
        if code[max(0, number.start() - 2):number.start()] in ("{ ", ", ") and "std::array" in code:
            continue
        new = changed_number(*number.groups())
        if new:
            at(number.start(), number.end(), new, f"{number.group()} to {new}")
    condition = CONDITION.search(code)
    if condition and condition.group(1).count("(") == condition.group(1).count(")") and \
            not re.search(r"; | = ", condition.group(1)):
        at(*condition.span(1), f"!({line[condition.start(1):condition.end(1)]})", "condition negated")
    for pair in ARGUMENTS.finditer(code):
        function, first, second = pair.groups()
        types = {"const", "auto", "double", "float", "bool", "std::size_t", "int"}
        names = {first, second}
        if len(names) == 2 and function not in COMMUTE and not names & types and not first[0].isupper():
            at(pair.start(2), pair.end(3), f"{second}, {first}", "arguments swapped")
    bare = code.strip()
    if STATEMENT.match(bare) and not DECLARATION.match(bare) and bare.count("(") == bare.count(")"):
        start = len(line) - len(line.lstrip())
        found.append((line[:start] + ";", "statement removed"))
    return found


def sites(root, pattern):
    """(file, line number, line, [(changed line, what)]) of each line that can be changed."""
    result = []
    for path in sorted((root / "lib/rbm").rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.suffix not in (".h", ".cpp") or not fnmatch.fnmatch(name, pattern):
            continue
        text = path.read_text()
        statement_begins = True
        for number, (line, code) in enumerate(zip(text.splitlines(), masked(text).splitlines()), 1):
            options = mutations(line, code)
            if not statement_begins:
                options = [option for option in options if option[1] != "statement removed"]
            if code.strip():
                statement_begins = code.rstrip()[-1] in ";{}:"
            if options:
                result.append((name, number, line, options))
    return result


def sample(root, seed, pattern):
    """Mutants without end, the same for the same sources: lines at random, each once; headers not too often."""
    chance = random.Random(seed)
    places = sites(root, pattern)
    chance.shuffle(places)
    headers = [place for place in places if place[0].endswith(".h")]
    sources = [place for place in places if place[0].endswith(".cpp")]
    while headers or sources:
        from_headers = headers and (not sources or chance.random() < SHARE_OF_HEADERS)
        name, number, line, options = (headers if from_headers else sources).pop()
        others = [option for option in options if option[1] != "arguments swapped"]
        if others and chance.random() < 0.8:  # swapped arguments seldom compile
            options = others
        after, what = chance.choice(options)
        mutant = {"file": name, "line": number, "what": what, "before": line.strip(), "after": after.strip()}
        if not cannot_matter(mutant):
            yield mutant
