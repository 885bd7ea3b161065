#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a shell sees of a program: exit codes, streams, signals, terminals.  Usage: command.py PROBE"""
import os
import pty
import re
import select
import signal
import subprocess
import sys

PROBE = sys.argv[1]
failures = 0

# Under nohup or in the background signals come ignored, and programs would leave it so.
for number in signal.SIGHUP, signal.SIGINT, signal.SIGTERM:
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)


def check(name, condition, found=''):
    global failures
    if not condition:
        failures += 1
        print(f'FAILED: {name}: {found!r}')


def run(*words, **options):
    options.setdefault('stdin', subprocess.DEVNULL)
    return subprocess.run([PROBE, *words], capture_output=True, timeout=60, **options)


def shell(line):
    return subprocess.run(['bash', '-c', line, PROBE], capture_output=True, timeout=60)


# Exit codes and messages.
for action, code in [('usage', 2), ('argument', 2), ('unsupported', 2), ('diverged', 4), ('file', 1)]:
    done = run(action)
    check(action, done.returncode == code and done.stderr == f'rbm-probe: {action}\n'.encode(), done)
done = run('data')
check('control characters are made visible', done.returncode == 3 and done.stderr == b'rbm-probe: data \\x1b[31m\n', done)
check('anything thrown is caught', run('other').returncode == 1)
check('success is silent', run('nothing').stderr == b'' and run('nothing').returncode == 0)
done = run('--help')
check('help is data', done.returncode == 0 and done.stdout.startswith(b'Usage: rbm-probe') and not done.stderr, done)
done = run('--version')
check('version', done.returncode == 0 and re.match(rb'rbm-probe \(rbm\) \d+\.\d+', done.stdout), done)
done = run()
check('usage in short', done.returncode == 2 and b'Usage: rbm-probe [OPTION]... ACTION' in done.stderr
      and not done.stdout, done)
done = run('x', '--config', '/nonexistent')
check('no configuration', done.returncode == 1 and b'No such file' in done.stderr, done)
done = run('x', '--config', '/tmp')
check('a folder as configuration', done.returncode == 2 and b'folder' in done.stderr, done)
done = run('x', '--config', '/dev/zero')
check('endless configuration', done.returncode == 2 and b'1 MiB' in done.stderr, done)
done = run('x', '--config', '-', stdin=None, input=b'amount = 1\n\namuont = 2\n')
check('configuration from a pipe', done.returncode == 2 and b'-:3: unknown option "amuont"; did you mean --amount?'
      in done.stderr, done)

# Standard output.
for action in 'write', 'print':
    done = shell(f'"$0" {action} --amount 1000000 | head -1; echo ${{PIPESTATUS[0]}}')
    check(f'{action} into a closed pipe', done.stdout.split() == [b'0123456789'] * 3 + [b'0'] and not done.stderr, done)
    for amount in 1, 100000:
        done = shell(f'"$0" {action} --amount {amount} > /dev/full')
        check(f'{action} on a full disk', done.returncode == 1 and b'No space left on device' in done.stderr, done)
    done = shell(f'"$0" {action} --amount 1 >&-')
    check(f'{action} to a closed output', done.returncode == 1 and b'Bad file descriptor' in done.stderr, done)
done = shell('"$0" file | true; echo ${PIPESTATUS[0]}')
check('other failures count without a reader', done.stdout == b'1\n' and done.stderr, done)
done = shell('"$0" descriptor <&- >&-')
check('no file becomes a standard stream', done.returncode == 0 and done.stderr == b'rbm-probe: 3\n', done)
check('closed streams are no failure', shell('"$0" descriptor <&- >&- 2>&-').returncode == 0)

# Memory.
done = run('memory', '--amount', str(34 << 40))
check('memory guard', done.returncode == 1
      and re.match(rb'rbm-probe: the test needs 34 TiB of memory, but the limit is [\d.]+ [MGT]iB', done.stderr), done)
check('memory guard lets pass', run('memory', '--amount', '1000').returncode == 0)
if len(sys.argv) < 3:  # sanitizers need all of the address space
    done = shell('ulimit -v 500000; "$0" memory --amount 450000000')
    check('memory guard knows ulimit', done.returncode == 1 and b'limit is 391 MiB' in done.stderr, done)
    done = shell('ulimit -v 500000; "$0" allocate --amount 1000000000')
    check('allocation fails', done.returncode == 1 and done.stderr.startswith(b'rbm-probe: out of memory'), done)
    done = run('allocate', '--amount', str(2**64 - 1))
    check('impossible allocation', done.returncode == 1 and b'out of memory' in done.stderr, done)


# Signals.
def signalled(action, numbers):
    process = subprocess.Popen([PROBE, action], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    said = process.stderr.readline()
    for number in numbers:
        process.send_signal(number)
        if len(numbers) > 1:  # two at once would be one
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                pass
    said += process.stderr.read()
    return process.wait(60), said


for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
    code, said = signalled('loop', [number])
    check(f'{number.name} stops', code == 128 + number and said.endswith(b'state saved\n'), (code, said))
    code, said = signalled('deaf', [number, number])
    check(f'{number.name} twice ends', code == 128 + number and b'saved' not in said, (code, said))
done = shell('trap "" HUP; "$0" deaf --amount 40 & sleep 0.1; kill -HUP $!; wait $!')
check('nohup', done.returncode == 0, done)


# Progress.
def on_terminal(*words, term='xterm'):
    child, terminal = pty.fork()
    if child == 0:
        os.execve(PROBE, [PROBE, *words], {**os.environ, 'TERM': term})
    said = b''
    while True:
        block = b''
        if select.select([terminal], [], [], 30)[0]:
            try:
                block = os.read(terminal, 4096)
            except OSError:  # the other side is closed
                pass
        else:
            os.kill(child, signal.SIGKILL)
        if not block:
            break
        said += block
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


code, said = on_terminal('loop', '--amount', '100')
check('live line', code == 0 and b'\rlooping  ' in said and b'round 2' in said and b'left' in said, said)
check('ten times a second', 2 <= said.count(b'\rlooping') <= 30, said)
check('--no-progress', b'looping' not in on_terminal('loop', '--amount', '50', '--no-progress')[1])
check('--quiet', on_terminal('loop', '--amount', '50', '--quiet')[1] == b'')
said = on_terminal('loop', '--amount', '50', term='dumb')[1]
check('TERM=dumb', b'\033' not in said and b'rbm-probe: looping: round 1' in said, said)
done = run('loop', '--amount', '100')
check('a line per milestone', done.stderr == b'rbm-probe: ready\nrbm-probe: looping: round 1\nrbm-probe: looping: round 2\n',
      done)
code, said = on_terminal('x', '--config', '-')
check('standard input is a terminal', code == 2 and b'terminal' in said, said)

sys.exit(1 if failures else 0)
