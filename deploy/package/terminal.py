"""Types into a shell on a terminal of its own, and waits for what it answers.

terminal.py SHELL PROMPT... : the shell's arguments; standard input has pairs of
lines, what to type and what must then be seen. \\t is the tabulator.
"""
import os, pty, re, select, sys, time

pid, fd = pty.fork()
if pid == 0:
    os.environ["TERM"] = "dumb"
    os.execvp(sys.argv[1], sys.argv[1:])

seen = ""


def read(until, within=20):
    """Reads until a pattern is seen, or within seconds are over."""
    global seen
    end = time.monotonic() + within
    while not (found := re.search(until, seen)):
        if time.monotonic() > end or not select.select([fd], [], [], 0.2)[0]:
            if time.monotonic() > end:
                sys.exit(f"{sys.argv[1]} does not answer {until!r}; it says {seen!r}")
            continue
        try:
            seen += os.read(fd, 4096).decode(errors="replace")
        except OSError:
            sys.exit(f"{sys.argv[1]} has ended before {until!r}; it said {seen!r}")
    seen = seen[found.end():]


lines = sys.stdin.read().splitlines()
for typed, want in zip(lines[::2], lines[1::2]):
    os.write(fd, typed.replace("\\t", "\t").encode() + b"\n")
    read(want)
os.write(fd, b"exit\n")
os.close(fd)
os.waitpid(pid, 0)
