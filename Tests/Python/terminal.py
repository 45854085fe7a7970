#!/usr/bin/env python3
"""Runs a program on a pseudo-terminal, and answers what it asks.

Usage: terminal.py PROMPT LINE PROGRAM ARGUMENT...   Once PROMPT is shown, LINE is typed, and nothing after it.

Prints whether typing was echoed when it asked (hidden or shown), and then all that the terminal showed. The exit status is the
program's; 99 where it did not end within five minutes after the line: a bound on what hangs, not on how slow a busy machine is.
"""

import os
import pty
import select
import signal
import sys
import termios
import time

LIMIT = 300
# What no program shows; it follows all that this one did.
END = b"\x00ended\x00"

prompt, line, *command = sys.argv[1:]
awaited, go_on = os.pipe()
leader, terminal = pty.fork()
if leader == 0:
    # The program does not lead the session: when a leader ends, the terminal is hung up, and drops what was not read yet.
    os.close(go_on)
    program = os.fork()
    if program == 0:
        os.execv(command[0], command)
    status = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
    os.write(1, END)
    os.read(awaited, 1)
    os._exit(status if status >= 0 else 128 - status)

os.close(awaited)
shown = b""
mode = None
end = time.monotonic() + LIMIT
while END not in shown and time.monotonic() < end:
    if select.select([terminal], [], [], 0.2)[0]:
        shown += os.read(terminal, 4096)
    if mode is None and prompt.encode() in shown:
        mode = "shown" if termios.tcgetattr(terminal)[3] & termios.ECHO else "hidden"
        os.write(terminal, line.encode() + b"\n")
        end = time.monotonic() + LIMIT
has_ended = END in shown
if not has_ended:
    os.killpg(leader, signal.SIGKILL)
os.close(go_on)
status = os.waitstatus_to_exitcode(os.waitpid(leader, 0)[1])
print(f"{mode}\n{shown.replace(END, b'').decode(errors='replace')}")
sys.exit(status if has_ended else 99)
