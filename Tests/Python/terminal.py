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

prompt, line, *command = sys.argv[1:]
process, terminal = pty.fork()
if process == 0:
    os.execv(command[0], command)

shown = b""
mode = None
end = time.monotonic() + LIMIT
while time.monotonic() < end:
    if select.select([terminal], [], [], 0.2)[0]:
        try:
            piece = os.read(terminal, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    if mode is None and prompt.encode() in shown:
        time.sleep(0.2)
        mode = "shown" if termios.tcgetattr(terminal)[3] & termios.ECHO else "hidden"
        os.write(terminal, line.encode() + b"\n")
        end = time.monotonic() + LIMIT
else:
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    print(f"{mode}\n{shown.decode(errors='replace')}")
    sys.exit(99)
status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
print(f"{mode}\n{shown.decode(errors='replace')}")
sys.exit(status if status >= 0 else 128 - status)
