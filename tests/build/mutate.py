#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Plants bugs of one line in lib/rbm, one at a time, and counts how many of them the tests catch.

usage: mutate.py [--seed N] [--count N] [--files PATTERN] [--jobs N] [--results FILE] [--without-sanitizer]
                                  goes on where it was stopped
       mutate.py --again N,N... | --again survived     runs single mutants of the results once more
       mutate.py --report         prints the score and the survivors
       mutate.py --table          writes the results to mutants.json, keeping the reasons that stand there
       mutate.py --check          fails unless mutants.json holds enough mutants, enough of them caught, and a reason for
                                  each survivor

The first call builds the tests in build/ and copies the tree and that folder to build-mutants/sound: what is edited
afterwards does not matter (delete build-mutants for a new start).  A mutant is compiled from a copy of its file that
comes first on the include path, and its object goes before all others into a library of its own, with which the sound
unit tests run: the suites that include the file's header or share its name first, then those of its folder, then all
quick ones.  What survives runs once more with the address sanitizer.  A change that leaves the compiled code as it is
(a value that is always overwritten) plants nothing and does not count.  For a header the nearest suites and at most
MOST_REBUILT of the sources that include it are compiled anew, which can only hide a mutant.
"""
import argparse
import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import subprocess
import sys
import threading
import time

from mutations import cannot_matter, sample

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build-mutants"
TABLE = pathlib.Path(__file__).with_name("mutants.json")
LIBRARY = "lib/librbm.so." + re.search(r"version: '([\d.]+)'", (ROOT / "meson.build").read_text()).group(1)
LEAST_MUTANTS, LEAST_CAUGHT = 300, 0.92
MOST_REBUILT = 8
COMPILE_LIMIT = 150  # seconds of processor time
QUICK = 0.3          # likewise, of a suite that also runs for files far away
NEAREST = 60         # likewise, of all suites near a file together: the quickest of them that fit
LAST = {"control"}   # tells how soon calls end, and little else
# One class of instructions beside the oldest is enough to see a bug in all of them.
HIGHWAY = "-DHWY_DISABLED_TARGETS=(HWY_SSSE3|HWY_SSE4|HWY_AVX3|HWY_AVX3_DL)"  # in place of the build's own

# Suites that test a folder, where neither the name nor an include tells.
FOLDERS = {
    "kernels": "kernels,panels,tempered_logistic,random,threads,machine,context",
    "data": "dataset,generate,labels,epochs,views",
    "model": "machine,units,bridge,marginal,compose,clamped,exact_training,estimate",
    "model/units": "units,bridge,machine,sampler",
    "sampler": "sampler,tempering,metropolis,langevin,descent,negative_phase",
    "trainer": "trainer,epochs,optimizer,resume,exact_training",
    "trainer/objectives": "objectives,negative_phase,missing,trainer,resume,labels,methods",
    "estimate": "estimate,ais,partition_ratio,chain_health,spectrum,anomaly,incomplete",
    "check": "self_check",
    "method": "methods",
    "io": "io_files,io_sync,io_npy,io_csv,io_idx,io_gzip,io_npz,io_svmlight,io_matrix_market,io_triples,io_fasta,io_png,"
          "io_data,model_file,safetensors,resume,sparse",
}


def sh(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{words}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


class Workshop:
    """A copy of the sound tree and of its build folder, and how things were made there."""

    def __init__(self):
        self.root, self.build = BUILD / "sound", BUILD / "sound/build"
        if not self.root.exists():
            if "no work to do" not in sh("ninja", "-C", ROOT / "build", "-n", "tests/unit"):
                sh("ninja", "-C", ROOT / "build", "-j", options.jobs, "tests/unit")
            for folder in ("lib", "tests", "apps"):
                shutil.copytree(ROOT / folder, self.root / folder)
            logs = shutil.ignore_patterns("meson-logs", "meson-private", "meson-info", "meson-uninstalled")
            shutil.copytree(ROOT / "build", self.build, ignore=logs, symlinks=True)
            links = [sh("ninja", "-C", ROOT / "build", "-t", "commands", target).splitlines()[-1]
                     for target in (LIBRARY, "tests/unit")]
            (self.build / "links").write_text("\n".join(links))
            (self.root / "commit").write_text(sh("git", "-C", ROOT, "rev-parse", "--short", "HEAD"))
        commands = json.loads((self.build / "compile_commands.json").read_text())
        self.commands = {entry["output"]: shlex.split(entry["command"]) for entry in commands}
        self.object_of = {}   # by source
        self.neighbours = {}  # by object of a unity build: its sources
        for output, words in self.commands.items():
            if not output.startswith(("lib/librbm", "lib/libvectors", "tests/unit.p/")):
                continue
            source = (self.build / words[-1]).resolve()
            if "-unity" in source.name:
                self.neighbours[output] = [name[name.index("/../") + 4:] for name in
                                           re.findall(r"#include\s*<(.*)>", source.read_text())]
                self.object_of.update((name, output) for name in self.neighbours[output])
            else:
                self.object_of[source.relative_to(self.root.resolve()).as_posix()] = output
        self.library_link, self.tests_link = map(self.link_command, (self.build / "links").read_text().splitlines())
        self.includes = {path.relative_to(self.root).as_posix(): set(re.findall(r'#include "([^"]+)"', path.read_text()))
                         for path in (self.root / "lib/rbm").rglob("*") if path.suffix in (".h", ".cpp")}
        self.suites = self.measured()
        self.asan = sh("g++", "-print-file-name=libasan.so").strip()
        self.commit = (self.root / "commit").read_text().strip()
        self.lock = threading.Lock()

    def link_command(self, line):
        words = shlex.split(line)
        for archive in [word for word in words if word.endswith("libvectors.a")]:  # its objects one by one
            at = words.index(archive)
            words[at:at + 1] = [output for output in self.commands if output.startswith("lib/libvectors.a.p/")]
        return words

    def users(self, header):
        """Sources of the library that include a header, straight or by others."""
        found = {header}
        while True:
            more = {name for name, wanted in self.includes.items() if any("lib/" + one in found for one in wanted)} - found
            if not more:
                return {name for name in found if name.endswith(".cpp")}
            found |= more

    def measured(self):
        """Seconds of processor time of each unit suite with the sound library."""
        kept = BUILD / "suites.json"
        if kept.exists():
            return json.loads(kept.read_text())
        names = re.findall(r"^  '(\w+)',$", (self.root / "tests/meson.build").read_text().split("unit_sources")[0], re.M)
        seconds = {}
        for name in names:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run([self.build / "tests/unit", f"-ts={name}"], capture_output=True, text=True,
                                  env=environment())
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            if done.returncode == 0:
                seconds[name] = round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2)
            elif done.returncode != 77:
                sys.exit(f"the suite {name} fails without any mutant:\n{done.stdout[-2000:]}")
        kept.write_text(json.dumps(seconds))
        return seconds

    def order(self, name):
        """Groups of suites for a file: those nearest to it, those of its folder, then all other quick ones."""
        stem, folder = pathlib.PurePath(name).stem, pathlib.PurePath(name).parent.relative_to("lib/rbm").as_posix()
        header = f'"{name.removeprefix("lib/").rsplit(".", 1)[0]}.h"'
        near = [suite for suite in self.suites if suite in (stem, f"io_{stem}")
                or header in (self.root / f"tests/unit/test_{suite}.cpp").read_text()]
        near.sort(key=lambda suite: (suite in LAST, self.suites[suite]))
        here = [suite for suite in FOLDERS.get(folder, "").split(",") if suite in self.suites and suite not in near]
        here.sort(key=self.suites.get)
        quick = [suite for suite in self.suites if suite not in near + here and self.suites[suite] < QUICK]
        seconds = list(itertools.accumulate(self.suites[suite] for suite in near + here))
        return [[suite] for suite, sum in zip(near + here, seconds) if sum <= max(NEAREST, seconds[0])] + [quick]


def environment(**more):
    return dict(os.environ, RBM_INSTRUCTIONS="AVX2", RBM_DATA="", **more)


def limited(seconds, memory):
    def limit():
        resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
        if memory:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.setpgid(0, 0)
    return limit


def run(words, seconds, memory=6 << 30, **more):
    """Exit status and output; None: out of time."""
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", stdin=subprocess.DEVNULL, preexec_fn=limited(seconds, memory), **more)
    try:
        output, _ = process.communicate(timeout=20 * seconds + 60)  # of a busy machine
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        return None, ""
    return (None if process.returncode in (-24, -9) else process.returncode), output


def compiled(shop, folder, sources, more=(), again=True):
    """The objects of these sources, those that lie in the folder's overlay in its form; None when one does not compile."""
    objects = []
    for source in sources:
        new = folder / (source.replace("/", "_") + ".o")
        objects.append(str(new))
        if new.exists() and not again:
            continue
        words = [word for word in shop.commands[shop.object_of[source]]
                 if not word.startswith(("-W", "-fdiagnostics", "-O", "-DHWY_DISABLED")) and word not in ("ccache", "-MD")]
        words[words.index("-o") + 1] = str(new)
        for option in ("-MQ", "-MF"):
            at = words.index(option)
            del words[at:at + 2]
        if "HWY_TARGET_INCLUDE" in (shop.root / source).read_text():
            words.insert(1, HIGHWAY)
        overlaid = folder / source
        words[-1] = str(overlaid if overlaid.exists() else shop.root / source)
        words.insert(1, "-frandom-seed=1")
        status, _ = run([words[0], "-w", "-O1", *more, f"-I{folder / 'lib'}", *words[1:]], COMPILE_LIMIT, cwd=shop.build)
        if status != 0:
            return None
    return objects


def changes_nothing(shop, objects, sources):
    """Whether each of these objects is what the sound source compiles to."""
    with shop.lock:
        sound = BUILD / "same"
        sound.mkdir(exist_ok=True)
        return all(pathlib.Path(new).read_bytes() == pathlib.Path(old).read_bytes()
                   for new, old in zip(objects, compiled(shop, sound, sources, again=False)))


def link(shop, command, first, to, more=()):
    """Links so that the first objects' definitions count; those of the same names behind them do not."""
    words = list(command)
    at = words.index("-o")
    words[at + 1:at + 2] = [str(to), *first]
    status, output = run([*words, "-Wl,--allow-multiple-definition", *more], 120, cwd=shop.build)
    if status != 0:
        sys.exit(output)


def planted(shop, mutant, folder):
    """The overlay with the changed file; False when the line is gone."""
    shutil.rmtree(folder, ignore_errors=True)
    copy = folder / mutant["file"]
    copy.parent.mkdir(parents=True)
    sound = shop.root / mutant["file"]
    lines = sound.read_text().split("\n") if sound.exists() else []
    same = [i for i, text in enumerate(lines) if text.strip() == mutant["before"]]
    if not same:
        return False
    at = min(same, key=lambda i: abs(i + 1 - mutant["line"]))  # the file may have grown since
    mutant["line"] = at + 1
    lines[at] = lines[at][:len(lines[at]) - len(lines[at].lstrip())] + mutant["after"]
    copy.write_text("\n".join(lines))
    return True


def judge(shop, mutant, folder):
    name = mutant["file"]
    if not planted(shop, mutant, folder):
        return "gone", ""
    order = shop.order(name)
    program, library = shop.build / "tests/unit", folder / "librbm.so.0"
    with_mutant = environment(LD_LIBRARY_PATH=str(folder), TMPDIR=str(folder))
    if name.endswith(".h"):
        near = [group[0] for group in order if len(group) == 1][:3]
        beside = pathlib.PurePath(name).parent.as_posix() + "/"
        users = sorted(shop.users(name) & set(shop.object_of), key=lambda user: (not user.startswith(beside), user))
        made = compiled(shop, folder, users[:MOST_REBUILT])
        if made is None:
            return "did not compile", ""
        if changes_nothing(shop, made, users[:MOST_REBUILT]):
            return "same code", ""
        tests = compiled(shop, folder, ["tests/unit/main.cpp"] + [f"tests/unit/test_{suite}.cpp" for suite in near])
        if tests is None:
            return "did not compile", ""
        link(shop, shop.library_link, made, library)
        program = folder / "unit"
        others = [word for word in shop.tests_link if not word.startswith("tests/unit.p/")]
        link(shop, [str(library) if word == LIBRARY else word for word in others], tests, program)
        return judged(shop, program, [[suite] for suite in near], folder, with_mutant)
    if name not in shop.object_of:
        return "did not compile", ""
    made = compiled(shop, folder, [name])
    if made is None:
        return "did not compile", ""
    if changes_nothing(shop, made, [name]):
        return "same code", ""
    link(shop, shop.library_link, made, library)
    verdict = judged(shop, program, order, folder, with_mutant)
    if verdict[0] != "survived" or options.without_sanitizer:
        return verdict
    # The slow suite runs all tests with sanitizers, so what is left runs once more with one: it sees what is read or
    # written beside its place.  Neighbours in a unity build may have the sound code of templates inline: then they are
    # compiled on their own.
    made, whole = compiled(shop, folder, [name], more=["-fsanitize=address"]), shop.library_link
    if "template " in (shop.root / name).read_text():
        with shop.lock:
            others = [source for source in shop.neighbours.get(shop.object_of[name], []) if source != name]
            sound = BUILD / "neighbours"
            sound.mkdir(exist_ok=True)
            made += compiled(shop, sound, others, again=False)
        whole = [word for word in whole if word != shop.object_of[name]]
    link(shop, whole, made, library, more=["-fsanitize=address"])
    with_mutant.update(LD_PRELOAD=shop.asan,
                       ASAN_OPTIONS="detect_leaks=0:detect_container_overflow=0:detect_odr_violation=0")
    near = [group for group in order if len(group) == 1 and shop.suites[group[0]] < 8][:8]
    verdict, by = judged(shop, program, near, folder, with_mutant, memory=None)
    return verdict, by + " (with address sanitizer)" if by else ""


def judged(shop, program, order, folder, environment, memory=6 << 30):
    for group in order:
        seconds = sum(shop.suites[suite] for suite in group)
        status, output = run([program, "-aa=1", "-ts=" + ",".join(group)], 4 * seconds + 5, memory, cwd=folder,
                             env=environment)
        if status is None:
            return "caught", f"{group[0]} (out of time)"
        if status not in (0, 77):
            suite = re.search(r"^TEST SUITE: (\w+)", output, re.M)
            case = re.search(r"^TEST CASE:\s+(.*)", output, re.M)
            return "caught", (suite.group(1) if suite else group[0]) + (f": {case.group(1)[:60]}" if case else "")
    return "survived", ""


def read_results(path):
    mutants = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [mutant for mutant in mutants if not cannot_matter(mutant)]


def key(mutant):
    return mutant["file"], mutant["before"], mutant["after"]


def tree():
    return BUILD / "sound" if (BUILD / "sound").exists() else ROOT


def score(mutants):
    caught = sum(mutant["verdict"] == "caught" for mutant in mutants)
    survived = sum(mutant["verdict"] == "survived" for mutant in mutants)
    return caught, caught + survived


def report(mutants):
    for number, mutant in enumerate(mutants):
        if mutant["verdict"] == "survived":
            print(f"{number}: {mutant['file']}:{mutant['line']}: {mutant['what']}")
            print(f"    {mutant['before']}\n    {mutant['after']}")
            if mutant.get("reason"):
                print(f"    harmless: {mutant['reason']}")
    caught, all_that_compile = score(mutants)
    print(f"{caught} of {all_that_compile} mutants caught ({100 * caught / max(1, all_that_compile):.1f} %); "
          f"{len(mutants) - all_that_compile} others do not compile, or compile to the same code")


def main():
    mutants = read_results(options.results)
    lock = threading.Lock()

    def save():
        kept = options.results.with_suffix(".new")
        kept.write_text("".join(json.dumps(mutant, ensure_ascii=False) + "\n" for mutant in mutants))
        kept.replace(options.results)

    if options.report:
        return report(mutants)
    if options.table:
        reasons = {key(mutant): mutant["reason"] for mutant in read_table().get("mutants", []) if "reason" in mutant}
        for mutant in mutants:
            if mutant["verdict"] == "survived" and key(mutant) in reasons:
                mutant["reason"] = reasons[key(mutant)]
        lines = ",\n".join(json.dumps({k: v for k, v in mutant.items() if k not in ("seconds", "commit")}, ensure_ascii=False)
                           for mutant in mutants if mutant["verdict"] in ("caught", "survived"))
        TABLE.write_text(f'{{"seed": {options.seed}, "mutants": [\n{lines}\n]}}\n')
        return report(mutants)
    shop = Workshop()
    if options.again:
        wanted = [i for i, mutant in enumerate(mutants) if mutant["verdict"] == "survived"]
        if options.again != "survived":
            wanted = [int(word) for word in options.again.split(",")]
        todo = [(i, mutants[i]) for i in wanted]
    else:
        done = {key(mutant) for mutant in mutants}
        todo = []
        left = options.count - score(mutants)[1]
        for mutant in sample(tree(), options.seed, options.files):
            if key(mutant) not in done:
                todo.append((None, mutant))
        if left <= 0:
            todo = []
    if not todo:
        return report(mutants)
    started = [0]
    queue = iter(todo)

    def worker(number):
        folder = BUILD / f"mutant-{os.getpid()}-{number}"
        while True:
            with lock:
                if options.again is None and score(mutants)[1] + started[0] >= options.count:
                    return
                place, mutant = next(queue, (None, None))
                if mutant is None:
                    return shutil.rmtree(folder, ignore_errors=True)
                started[0] += 1
            before = time.time()
            verdict, by = judge(shop, mutant, folder)
            with lock:
                started[0] -= 1
                mutant.update(verdict=verdict, by=by, commit=shop.commit, seconds=round(time.time() - before, 1))
                if place is None:
                    mutants.append(mutant)
                save()
                print(f"{verdict:16} {mutant['file']}:{mutant['line']}: {mutant['what']}  {by}  ({mutant['seconds']} s)",
                      flush=True)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(worker, range(options.jobs)))
    report(mutants)


def read_table():
    return json.loads(TABLE.read_text()) if TABLE.exists() else {}


def check():
    mutants = read_table().get("mutants", [])
    caught, all_that_compile = score(mutants)
    unexplained = [mutant for mutant in mutants if mutant["verdict"] == "survived" and not mutant.get("reason")]
    for mutant in unexplained:
        print(f"no reason: {mutant['file']}:{mutant['line']}: {mutant['after']}")
    print(f"{caught} of {all_that_compile} mutants caught")
    good = all_that_compile >= LEAST_MUTANTS and caught >= LEAST_CAUGHT * all_that_compile and not unexplained
    sys.exit(0 if good else 1)


parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--count", type=int, default=LEAST_MUTANTS, help="mutants that compile")
parser.add_argument("--files", default="*", metavar="PATTERN", help="such as 'lib/rbm/io/*'")
parser.add_argument("--jobs", type=int, default=1)
parser.add_argument("--results", type=pathlib.Path, default=BUILD / "results.jsonl")
parser.add_argument("--again", metavar="N,N...|survived")
parser.add_argument("--without-sanitizer", action="store_true",
                    help="leave out the second run of survivors, a third of all time; --again survived makes up for it")
parser.add_argument("--list", action="store_true", help="only shows the mutants that would be planted")
parser.add_argument("--report", action="store_true")
parser.add_argument("--table", action="store_true")
parser.add_argument("--check", action="store_true")
options = parser.parse_args()
if options.check:
    check()
elif options.list:
    for index, one in zip(range(options.count), sample(tree(), options.seed, options.files)):
        print(f"{one['file']}:{one['line']}: {one['what']}\n    {one['before']}\n    {one['after']}")
else:
    main()
