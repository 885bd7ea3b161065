#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs every benchmark and keeps the results in one file.

usage: python3 tests/bench/measure.py [--build FOLDER] [--avx2] [--fresh] [BENCHMARK]...

The results go to docs/performance.json, on a CPU without AVX-512 to docs/performance-avx2.json.  --avx2: on one with
AVX-512, measure what AVX2 can do there; the results say so.

Results are saved after each benchmark.  One that was measured with the very same library, programs and scripts on this
CPU is not measured again, so that an interrupted run goes on where it was; --fresh measures all anew.  Leave the
computer alone meanwhile: before each benchmark stands how busy others keep it.  Afterwards: python3 tests/bench/table.py
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import threading
import time

# Before alternate.py is read, which obeys it.
if '--avx2' in sys.argv[1:]:
    os.environ['RBM_BENCH_LIMIT'] = 'AVX2'
from alternate import LIMIT, SKIPPED, SOURCE, clean_environment, has_avx512  # noqa: E402


def first(pattern, path, default='unknown'):
    found = re.search(pattern, pathlib.Path(path).read_text('utf-8'), re.MULTILINE) if os.path.exists(path) else None
    return found[1] if found else default


def caches():
    found = {}
    for index in sorted(pathlib.Path('/sys/devices/system/cpu/cpu0/cache').glob('index*')):
        level, size = ((index / name).read_text().strip() for name in ('level', 'size'))
        found[level] = size
    return ', '.join(f'L{level} {size}' for level, size in sorted(found.items()))


def machine(build):
    kib = int(first(r'^MemTotal:\s+(\d+)', '/proc/meminfo', '0'))
    version = subprocess.run([build / 'apps' / 'rbm-train', '--version'], env=clean_environment(), check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    commit = subprocess.run(['git', '-C', SOURCE, 'describe', '--always', '--dirty'], check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
    return {'cpu': first(r'^model name\s*: (.*)$', '/proc/cpuinfo'),
            'family': first(r'^cpu family\s*: (.*)$', '/proc/cpuinfo'),
            'model': first(r'^model\s*: (.*)$', '/proc/cpuinfo'),
            'threads': len(os.sched_getaffinity(0)), 'caches': caches(), 'gigabytes': round(kib / 2**20),
            'system': first(r'^PRETTY_NAME="(.*)"$', '/etc/os-release'), 'kernel': os.uname().release,
            'limit': LIMIT, 'version': [line for line in version.splitlines() if line], 'commit': commit or 'unknown'}


def fingerprint(build, benchmark, cpu):
    """Of all that the numbers depend on, but for the noise."""
    digest = hashlib.sha256(json.dumps([benchmark['name'], cpu, LIMIT]).encode())
    files = {build / word for word in benchmark['cmd'][1:] + benchmark['cmd'][:1] if (build / word).is_file()}
    if any(path.suffix == '.py' for path in files):
        files |= set((SOURCE / 'tests' / 'bench').glob('peer_*.py')) | {SOURCE / 'tests' / 'bench' / 'alternate.py'}
    files |= set((build / 'lib').glob('librbm.so.*.*'))
    for path in sorted(path for path in files if path.is_file() and not path.resolve().name.startswith('python')):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def brief(line):
    name = line.get('name') or f'{line.get("sweep")} = {line.get("x")}'
    if line.get('work'):
        name += f', {line["work"]}'
    numbers = ' '.join(f'{key} {line[key]}' for key in ('ratio', 'over_floor', 'nanoseconds_per_element') if key in line)
    return f'{name}: {numbers}'


def others_load():
    """How many threads other processes keep busy, over half a second."""
    def ticks():
        with open('/proc/stat', encoding='ascii') as file:
            return [int(word) for word in file.readline().split()[1:9]]
    before = ticks()
    time.sleep(0.5)
    spent = [after - earlier for earlier, after in zip(before, ticks())]
    idle = spent[3] + spent[4]
    return round(len(os.sched_getaffinity(0)) * (1 - idle / max(sum(spent), 1)), 2)


def run(build, benchmark, environment):
    """Its lines, its exit status and what it said."""
    steering = {name: value for name, value in benchmark['env'].items() if name != 'LD_LIBRARY_PATH'}
    process = subprocess.Popen(benchmark['cmd'], cwd=build, env={**environment, **steering}, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    said = []
    reader = threading.Thread(target=lambda: said.append(process.stderr.read()), daemon=True)
    reader.start()
    watch = threading.Timer(benchmark['timeout'] or 900, process.kill)
    watch.daemon = True  # Ctrl-C must not wait for it
    watch.start()
    lines = []
    try:
        for text in process.stdout:
            if text.startswith('{'):
                lines.append(json.loads(text))
                print('   ', brief(lines[-1]), flush=True)
    finally:
        if process.poll() is None and sys.exc_info()[0] is not None:
            process.kill()
        status = process.wait()
        watch.cancel()
        reader.join()
    return lines, status, ''.join(said).strip()


def write(path, record):
    """One result per line, so that differences can be read."""
    items = []
    for name, item in record['benchmarks'].items():
        head = json.dumps({key: value for key, value in item.items() if key != 'results'})[:-1]
        results = ',\n   '.join(json.dumps(line) for line in item['results'])
        items.append(f'  {json.dumps(name)}: {head}, "results": [\n   {results}]}}')
    text = f'{{"machine": {json.dumps(record["machine"])},\n "benchmarks": {{\n' + ',\n'.join(items) + '\n }}\n'
    assert json.loads(text) == record
    part = path.with_name(path.name + '.part')
    part.write_text(text, 'utf-8')
    part.replace(path)


def load(path, here, fresh):
    old = json.loads(path.read_text('utf-8')) if path.exists() and not fresh else {'machine': {}, 'benchmarks': {}}
    if old['machine'].get('cpu') != here['cpu']:
        old['benchmarks'] = {}  # numbers of another computer do not stand beside these
    return {'machine': here, 'benchmarks': old['benchmarks']}


def main():
    parser = argparse.ArgumentParser(description='Runs every benchmark and keeps the results in one file.')
    parser.add_argument('--build', type=pathlib.Path, default=SOURCE / 'build')
    parser.add_argument('--avx2', action='store_true', help='use AVX2 at most')
    parser.add_argument('--fresh', action='store_true', help='measure all anew')
    parser.add_argument('names', nargs='*', metavar='BENCHMARK', help='these only, anew')
    wish = parser.parse_args()
    build = wish.build.resolve()
    subprocess.run(['meson', 'compile', '-C', build], check=True, stdout=subprocess.DEVNULL)
    listed = json.loads(subprocess.run(['meson', 'introspect', '--benchmarks', build], check=True,
                                       stdout=subprocess.PIPE).stdout)
    unknown = set(wish.names) - {benchmark['name'] for benchmark in listed}
    if unknown:
        sys.exit(f'unknown: {sorted(unknown)}; there are {[benchmark["name"] for benchmark in listed]}')

    data = os.environ.get('RBM_DATA') or SOURCE.parent / 'shared' / 'data'
    environment = clean_environment(RBM_DATA=str(data)) if os.path.isdir(data) else clean_environment()
    output = SOURCE / 'docs' / ('performance.json' if has_avx512() else 'performance-avx2.json')
    record = load(output, machine(build), wish.fresh)
    failed = False
    for number, benchmark in enumerate(listed, 1):
        name, progress = benchmark['name'], f'[{number}/{len(listed)}] {benchmark["name"]}'
        mark = fingerprint(build, benchmark, record['machine']['cpu'])
        known = record['benchmarks'].get(name)
        if (wish.names and name not in wish.names) or (not wish.names and known and known['fingerprint'] == mark):
            print(f'{progress}: {"not asked for" if wish.names else "measured already"}', flush=True)
            continue
        busy = others_load()
        print(f'{progress}: other processes keep {busy:.2f} threads busy'
              + ('; the numbers will suffer' if busy > 0.1 else ''), flush=True)
        start = time.time()
        lines, status, said = run(build, benchmark, environment)
        print(f'    {time.time() - start:.0f} s', flush=True)
        if said:
            print('    ' + said.replace('\n', '\n    '), flush=True)
        if status == SKIPPED:
            continue
        if status != 0 or not lines:
            print(f'    failed with exit status {status}', flush=True)
            failed = True
            continue
        record['benchmarks'][name] = {'fingerprint': mark, 'date': time.strftime('%Y-%m-%d'),
                                      'took_seconds': round(time.time() - start), 'others_load': busy,
                                      'results': lines}
        write(output, record)
    print(f'results: {output}; now: python3 tests/bench/table.py' if not failed else 'something failed: see above')
    return 1 if failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit('stopped; what was measured is kept, the same command goes on')
