"""What a guest run consists of: the command that serves the model, QEMU, the guest's console, and the verdicts."""
# SPDX-License-Identifier: Apache-2.0

import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import initramfs

# A run that is killed leaves no server and no QEMU behind.
WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"]
SERVER_START = 20  # seconds until the sockets are there
SERVER_STOP = 15
COMMAND_LIMIT = 20


class Broken(Exception):
    """The run cannot go on: what was being tested ended, hung or never began."""


class Verdicts:
    """What was checked and how it ended, printed as it happens."""

    lock = threading.Lock()

    def __init__(self, suite):
        self.suite = suite
        self.cases = []  # (name, None or what is wrong)

    def say(self, text):
        with Verdicts.lock:
            print(f"{self.suite}: {text}", flush=True)

    def check(self, name, holds, detail=""):
        self.cases.append((name, None if holds else str(detail) or "does not hold"))
        self.say(f"{'ok' if holds else 'FAILED'}  {name}" + (f": {detail}" if detail and not holds else ""))
        return holds

    def equal(self, name, value, expected):
        return self.check(name, value == expected, f"{value!r}, expected {expected!r}")

    @property
    def failed(self):
        return sum(1 for _, problem in self.cases if problem is not None)

    @property
    def passed(self):
        return len(self.cases) - self.failed


class Model:
    """The device model, served by the command under test on two sockets that the chroot can see."""

    def __init__(self, command, root, name, revision, log):
        self.command = command
        self.program = pathlib.Path(shutil.which(command[0]) or command[0]).resolve()
        self.revision = revision
        self.log = log
        # The sockets lie inside the chroot; a short link leads to them, as a socket's path has room for 107 bytes.
        self.inside = pathlib.Path("/run") / f"{name}-{os.getpid()}"
        self.directory = pathlib.Path(str(root) + str(self.inside))
        self.directory.mkdir(mode=0o700)
        self.outside = pathlib.Path(tempfile.mkdtemp(prefix="wdprov-guest-"))
        (self.outside / "s").symlink_to(self.directory)
        self.run_directory = self.outside / "run"
        self.run_directory.mkdir(mode=0o700)
        self.environment = dict(os.environ, WDPROV_RUN_DIR=str(self.run_directory))
        self.process = None

    def start(self):
        arguments = ["serve", "--device", f"model:{self.revision}", "--run-dir", str(self.run_directory)]
        arguments += ["--pf-socket", f"{self.outside}/s/pf", "--vf-socket", f"{self.outside}/s/vf"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*WITH_PARENT, *self.command, *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.environment)
        limit = time.monotonic() + SERVER_START
        while not all((self.directory / name).exists() for name in ("pf", "vf")):
            if self.process.poll() is not None:
                raise Broken(f"the server ended with status {self.process.returncode}: {self.tail()}")
            if time.monotonic() > limit:
                raise Broken(f"the server made no sockets within {SERVER_START} s: {self.tail()}")
            time.sleep(0.05)

    def runs_on(self, architecture):
        """Whether a guest of that architecture can run the command."""
        return initramfs.runs_on(self.program, architecture)

    def tail(self):
        lines = pathlib.Path(self.log).read_text(errors="replace").splitlines()
        return " / ".join(lines[-5:]) or "it said nothing"

    def call(self, *arguments):
        """Runs a subcommand against the running host and returns what it prints."""
        try:
            done = subprocess.run([*self.command, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  env=self.environment, timeout=COMMAND_LIMIT, check=False)
        except subprocess.TimeoutExpired:
            raise Broken(f"{' '.join(arguments)}: no answer within {COMMAND_LIMIT} s") from None
        if done.returncode != 0:
            raise Broken(f"{' '.join(arguments)}: status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def status(self, *options):
        return json.loads(self.call("device", "status", *options, "--json"))

    def stop(self):
        """Asks the server to end and returns its status; None where it had to be killed."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(SERVER_STOP)
        except subprocess.TimeoutExpired:
            return None

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for path in (self.directory, self.outside):
            shutil.rmtree(path, ignore_errors=True)


MACHINES = {
    "amd64": {
        "program": "qemu-system-x86_64",
        # The driver needs several MSI vectors, and those need interrupt remapping.
        "machine": ["-M", "q35,memory-backend=m", "-cpu", "max",
                    "-device", "intel-iommu,intremap=on,caching-mode=on"],
        "console": "ttyS0",
        "kernel": "intel_iommu=on no_timer_check",
    },
    "arm64": {
        "program": "qemu-system-aarch64",
        "machine": ["-M", "virt,gic-version=3,its=on,memory-backend=m", "-cpu", "cortex-a72",
                    "-device", "virtio-iommu-pci"],
        "console": "ttyAMA0",
        "kernel": "",
    },
}
MEMORY = "1G"


def function_option(socket, slot):
    # A slot of its own is an IOMMU group of its own.
    return ["-device", json.dumps({"driver": "vfio-user-pci", "rombar": 0, "addr": slot,
                                   "socket": {"type": "unix", "path": str(socket)}})]


class Guest:
    """A running QEMU and its console: lines come in, answers go out."""

    def __init__(self, root, architecture, model, log, steps, verbose=False):
        machine = MACHINES[architecture]
        # Device errors by the thousand are a part of the test; on the console they would cost minutes.
        level = 7 if verbose else 1
        # On a busy machine the emulated clock runs away from the emulated processor: no check of it, and no watchdog.
        kernel = f"console={machine['console']} {machine['kernel']} panic=-1 loglevel={level} log_buf_len=4M"
        kernel += " nowatchdog rcupdate.rcu_cpu_stall_suppress=1"
        kernel += f" wdprov.steps={','.join(steps)}"
        folder = f"/guest/{architecture}"
        initrd = f"{folder}/initrd"
        if model.runs_on(architecture):
            # The command under test is in the guest, too, in an initramfs of this run alone.
            initramfs.add(root / initrd[1:], model.program, model.directory / "initrd")
            initrd = model.inside / "initrd"
        arguments = [*WITH_PARENT, "chroot", str(root), f"/usr/bin/{machine['program']}", *machine["machine"],
                     "-accel", "tcg", "-m", MEMORY, "-object", f"memory-backend-memfd,id=m,size={MEMORY},share=on",
                     "-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot",
                     "-kernel", f"{folder}/vmlinuz", "-initrd", str(initrd), "-append", kernel]
        arguments += function_option(model.inside / "pf", "4") + function_option(model.inside / "vf", "5")
        self.process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.lines = queue.Queue()
        self.last = ""
        self.log = log
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        with open(self.log, "w", encoding="utf-8") as log:
            started = time.monotonic()
            for raw in self.process.stdout:
                line = raw.decode(errors="replace").rstrip("\r\n")
                log.write(f"{time.monotonic() - started:8.3f} {line}\n")
                log.flush()
                self.lines.put(line)
        self.lines.put(None)

    def next_message(self, limit):
        """The next line for the host, without its mark; None where the guest has ended."""
        deadline = time.monotonic() + limit
        while True:
            try:
                line = self.lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Broken(f"the guest was silent for {limit} s; its last line: {self.last!r}") from None
            if line is None:
                return None
            if line.strip():
                self.last = line
            # What the firmware or the kernel prints may stand before the mark.
            at = line.find("@")
            if at >= 0:
                return line[at + 1:]

    def answer(self, text="go"):
        try:
            self.process.stdin.write(text.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Broken("the guest ended while it waited for an answer") from None

    def wait(self, limit):
        try:
            return self.process.wait(limit)
        except subprocess.TimeoutExpired:
            return None

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(5)
