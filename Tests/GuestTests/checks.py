"""What is expected of each step of a guest: the facts that it reports against the device's specification."""
# SPDX-License-Identifier: Apache-2.0

import re
import time

from harness import Broken

NEWEST = "30"
# The steps of a guest by the revision of its device. The kernel registers an algorithm for the newest alone.
STEPS = {
    NEWEST: ("boot", "command", "vfio", "probe", "algorithm", "counters", "cycles", "registers", "reset", "suspend",
             "zswap", "errors", "bad_jobs", "spurious", "live_reset", "load", "user_path", "host",
             "program"),
    "21": ("boot", "vfio", "probe", "without_algorithm"),
    "20": ("boot", "vfio", "probe", "without_algorithm"),
}
# Steps that need the command in the guest: it is built for this machine's architecture only.
WITH_COMMAND = ("command", "user_path", "host")
VECTORS = {NEWEST: 4, "21": 4, "20": 1}
CYCLES = 5
MIB_THROUGH_DEVICE = 64
PAGE = 4096
# The errors that reset nothing: what is injected, and the bit that the driver reports.
HARMLESS_ERRORS = {"qm-3": 0x8, "qm-12": 0x1000, "zip-0": 0x1, "zip-11": 0x800, "zip-12": 0x1000}
BAD_STATUS = 0x10
BAD_JOBS = 3
SPURIOUS = 3
DEVICE = "model0"
# Registers that say whether an error is pending: queue manager, engine.
PENDING = (0x100008, 0x3010ac)
CORES = {"comp_core0": 0x302000, "comp_core1": 0x303000, "decomp_core0": 0x304000, "decomp_core1": 0x305000,
         "decomp_core2": 0x306000}
# Debian's kernels have no uacce, and our build of the driver bears no signature.
# Revision 0x20 reports no errors of the hardware, and the driver remarks on it.
USUAL = "fail to alloc uacce|module verification failed|Does not support hw error handle|Unexpected QM hw error uninit"
TRANSLATION_FAULT = 0xf0


def driver_registers(cache):
    """Names and offsets of the registers that the driver dumps, from its own tables."""
    registers = {}
    driver = next(cache.glob("linux-source-*")) / "drivers/crypto/hisilicon"
    for source in (driver / "debugfs.c", driver / "zip/zip_main.c"):
        for name, offset in re.findall(r'\{"(\w+)\s*",\s*(0[xX][0-9a-fA-F]+)\}', source.read_text()):
            registers[name] = int(offset, 16)
    return registers


def number(run, step, name):
    """A fact that must be a number."""
    value = run.facts[step].get(name, "")
    try:
        return int(value)
    except ValueError:
        raise Broken(f"step {step} reports {name}={value!r} where a number is due") from None


def told(run, step, pattern):
    return [line for line in run.data.get(step, []) if re.search(pattern, line)]


def no_complaints(run, step):
    """The driver logs what goes wrong with words such as these; a good step has none."""
    lines = told(run, step, r"(?i)fail|error|timeout|bug:|warning|call trace|nobody cared|unable")
    lines = [line for line in lines if not re.search(USUAL, line)]
    run.verdicts.check(f"the driver complains of nothing during {step}", not lines, " / ".join(lines[:3]))


def settled(run, step):
    """Every request that was sent has come back."""
    sent, received = number(run, step, "send_cnt"), number(run, step, "recv_cnt")
    run.verdicts.check(f"{step}: sent = received > 0", sent == received > 0, f"{sent} sent, {received} received")


def load_through_device(run, step, bad=0):
    """A small load after a fault: the pages are whole and went through the device."""
    facts, verdicts = run.facts[step], run.verdicts
    verdicts.equal(f"{step}: no page is wrong", (facts.get("load"), facts.get("wrong")), ("0", "0"))
    settled(run, step)
    jobs = number(run, step, "send_cnt") - number(run, step, "send_before")
    stored = number(run, step, "out_after") - number(run, step, "out_before")
    verdicts.check(f"{step}: pages are stored and loaded by the device", stored > 0 and jobs >= 2 * stored,
                   f"{stored} pages stored, {jobs} jobs")
    errors = number(run, step, "err_bd_cnt") - number(run, step, "errors_before")
    # A page of noise does not fit in a page: an error of that job, by specification.
    verdicts.check(f"{step}: errors are those of the incompressible pages{' and the injected' if bad else ''}",
                   bad <= errors <= bad + number(run, step, "pages") // 4,
                   f"{errors} errors, {jobs} jobs, {stored} pages stored")


def boot(run):
    run.verdicts.check("the guest finds both functions",
                       "none" not in (run.facts["boot"]["pf"], run.facts["boot"]["vf"]), run.facts["boot"])


def command(run):
    facts = run.facts["command"]
    run.verdicts.equal("the command runs in the guest", facts["list"], "0")
    run.verdicts.check("drivers pass their tests there", int(facts["passed"]) > 0 and facts["failed"] == "0", facts)


def user_path(run):
    facts, verdicts = run.facts["user_path"], run.verdicts
    lines = run.data.get("user_path", [])
    verdicts.equal("wdprov compresses on the virtual function while the kernel uses the physical one",
                   facts["user_compress"], "0")
    verdicts.equal(f"{MIB_THROUGH_DEVICE} MiB go through it", number(run, "user_path", "bytes"),
                   MIB_THROUGH_DEVICE << 20)
    verdicts.equal("gunzip takes what it made for the original", facts["gunzip"], "0")
    verdicts.equal("wdprov decompresses on the virtual function what gzip made", facts["decompress"], "0")
    verdicts.check("no other driver helped out", len(told(run, "user_path", r"\(wd-hisi-gzip\)$")) == len(lines) == 2,
                   " / ".join(lines))
    began, ended, load_began, load_ended = (number(run, "user_path", name) for name in (
        "user_began", "user_ended", "load_began", "load_ended"))
    both = min(ended, load_ended) - max(began, load_began)
    verdicts.check("both are at it at once", both > 0, f"{began}-{ended} ms and {load_began}-{load_ended} ms")
    verdicts.say(f"--  {facts['bytes']} bytes to {facts['packed']} in {ended - began} ms, {both} ms of them during "
                 "the load")


def host(run):
    facts, verdicts = run.facts["host"], run.verdicts
    lines = run.data.get("host", [])
    verdicts.equal("a host in the guest has the virtual function, in the mode of an IOMMU without PASIDs",
                   facts["mode"], "SINGLE_PROC_MAP")
    verdicts.equal("a program's queue on it and a request over its control socket give the original back",
                   (facts["user"], facts["kernel"]), ("0", "0"))
    verdicts.check("no other driver helped out", len(told(run, "host", r"\((wd-hisi-gzip|hisi-gzip-acomp)\)$")) == 2,
                   " / ".join(lines))
    verdicts.equal("SIGTERM ends it with status 0", facts["served"], "0")


def vfio(run):
    run.verdicts.equal("vfio-pci holds the virtual function", run.facts["vfio"].get("vf"), "vfio-pci")


def probe(run):
    facts = run.facts["probe"]
    run.verdicts.equal("the driver probes the device", (facts["insmod"], facts["driver"]), ("0", "hisi_zip"))
    run.verdicts.equal("the queue manager works", facts["status"], "work")
    no_complaints(run, "probe")


def algorithm(run):
    facts = run.facts["algorithm"]
    run.verdicts.equal("deflate is registered with priority 300",
                       (facts["name"], facts["type"], facts["priority"]), ("deflate", "acomp", "300"))
    run.verdicts.equal("selftest: passed", facts["selftest"], "passed")
    no_complaints(run, "algorithm")


def counters(run):
    facts = run.facts["counters"]
    settled(run, "counters")
    run.verdicts.equal("no request ended with an error", facts["err_bd_cnt"], "0")
    run.verdicts.equal("no interrupt was spurious, no mailbox command failed",
                       (facts["err_irq"], facts["mb_err"]), ("0", "0"))
    vectors = interrupts(run, "counters")
    run.verdicts.check("interrupts are counted on the first of four vectors",
                       len(vectors) == VECTORS[NEWEST] and vectors[0] > 0, vectors)


def interrupts(run, step):
    return [int(count) for count in run.facts[step]["interrupts"].split(",") if count]


def without_algorithm(run):
    facts = run.facts["without_algorithm"]
    run.verdicts.equal("no algorithm is registered", facts["driver_entry"], "")
    run.verdicts.equal("no mailbox command failed", (facts["mb_err"], facts["err_irq"]), ("0", "0"))
    vectors = interrupts(run, "without_algorithm")
    run.verdicts.check("the driver has an interrupt", 1 <= len(vectors) <= VECTORS[run.revision], vectors)
    run.verdicts.equal("the driver is removed", facts["rmmod"], "0")
    no_complaints(run, "without_algorithm")


def cycles(run):
    lines = [line for line in run.data.get("cycles", []) if re.match(r"\d+ \w+ \d+ \d+ \d+$", line)]
    run.verdicts.equal("five times removed and inserted", len(lines), CYCLES)
    for line in lines:
        cycle, status, sent, received, errors = line.split()
        run.verdicts.check(f"cycle {cycle}: works, self-test passed, sent = received, no errors",
                           status == "work" and sent == received != "0" and errors == "0", line)
    no_complaints(run, "cycles")


def registers(run):
    run.verdicts.check("contexts can be fetched through the mailbox",
                       len(told(run, "contexts", "DUMP")) == 4, run.data.get("contexts"))
    no_complaints(run, "contexts")


def reset(run, step="reset"):
    facts = run.facts[step]
    run.verdicts.equal(f"{step}: the function is reset and works again", (facts["reset"], facts["status"]),
                       ("accepted", "work"))
    run.verdicts.check(f"{step}: the driver says that the reset is complete",
                       told(run, step, "FLR reset complete"), run.data.get(step))
    no_complaints(run, step)


def suspend(run):
    facts = run.facts["suspend"]
    run.verdicts.equal("an idle device goes to sleep, wakes up and works",
                       (facts["asleep"], facts["awake"], facts["status"]), ("suspended", "active", "work"))
    run.verdicts.check("the driver suspends and resumes it", len(told(run, "suspend", "suspend")) == 2,
                       run.data.get("suspend"))
    no_complaints(run, "suspend")


def zswap(run):
    run.verdicts.equal("zswap takes deflate", run.facts["zswap"]["compressor"], "deflate")
    load_through_device(run, "zswap")


def errors(run):
    for name, bit in HARMLESS_ERRORS.items():
        lines = [line for line in run.data.get("inject", []) if line.startswith(name + " ")]
        expected = f"[error status={bit:#x}] found"
        run.verdicts.check(f"the driver logs {name}", any(expected in line for line in lines), lines)
        run.verdicts.check(f"{name} resets nothing", not any("reset" in line for line in lines), lines)
    run.verdicts.equal("each error is an abnormal interrupt", number(run, "errors", "abnormal"), len(HARMLESS_ERRORS))
    run.verdicts.equal("errors: the queue manager goes on", run.facts["errors"]["status"], "work")
    load_through_device(run, "errors")


def bad_jobs(run):
    lines = told(run, "bad_jobs", rf" compress fail in qp\d+: {BAD_STATUS},")
    run.verdicts.equal("the driver logs each bad job", len(lines), BAD_JOBS)
    load_through_device(run, "bad_jobs", bad=BAD_JOBS)
    run.verdicts.equal("bad_jobs: the queue manager goes on", run.facts["bad_jobs"]["status"], "work")


def spurious(run):
    more = number(run, "spurious", "err_irq") - number(run, "spurious", "before")
    run.verdicts.check("spurious interrupts are counted", more >= SPURIOUS, f"{more} more")
    run.verdicts.check("the kernel does not disable the interrupt", not told(run, "spurious", "nobody cared"))
    load_through_device(run, "spurious")


def live_reset(run):
    reset(run, "live_reset")
    load_through_device(run, "live_reset")


def load(run):
    facts, verdicts = run.facts["load"], run.verdicts
    verdicts.equal("load: no page is wrong", (facts.get("load"), facts.get("wrong")), ("0", "0"))
    settled(run, "load")
    least = MIB_THROUGH_DEVICE * 1024 * 1024 // PAGE
    stored = number(run, "load", "out_after") - number(run, "load", "out_before")
    loaded = number(run, "load", "in_after") - number(run, "load", "in_before")
    jobs = number(run, "load", "send_cnt") - number(run, "load", "send_before")
    verdicts.check(f"at least {MIB_THROUGH_DEVICE} MiB are stored and loaded by the device",
                   stored >= least and loaded >= least and jobs >= 2 * least,
                   f"{stored} pages stored, {loaded} loaded, {jobs} jobs")
    verdicts.equal("load: the queue manager works", facts["status"], "work")
    verdicts.check("load: the kernel complains of nothing", not run.data.get("load"), run.data.get("load"))
    verdicts.say(f"--  {stored} pages out in {facts['out_ms']} ms, in in {facts['in_ms']} ms, {jobs} jobs")


def program(run):
    facts, verdicts = run.facts["program"], run.verdicts
    if not verdicts.equal("the program drives the virtual function through vfio-pci", facts["program"], "0"):
        verdicts.say(f"--  {' / '.join(run.data['program'])}")
        return
    verdicts.equal("the function is of revision 0x30 and has queues 64 to 127",
                   (facts["revision"], facts["first"], facts["queues"]), ("30", "64", "64"))
    verdicts.check("its completions come as events by MSI", int(facts["events"]) > 0, facts["events"])
    verdicts.equal("gunzip accepts what the function compressed", facts["gunzip"], "0")
    verdicts.equal("an unmapped address is an error of that job alone", int(facts["fault"], 16), TRANSLATION_FAULT)
    for queue in ("tail0", "tail1"):
        accepted, sent = facts[queue].split("/")
        verdicts.equal(f"a stopped queue has accepted all ({queue})", accepted, sent)


def on_step(run, name):
    globals()[name](run)


def model_registers(run):
    """The registers of the physical function as the model has them."""
    def search(value):
        if isinstance(value, dict):
            if "registers" in value and value.get("index", 0) == 0:
                return value["registers"]
            value = list(value.values())
        if isinstance(value, list):
            return next((found for found in map(search, value) if found is not None), None)
        return None

    found = search(run.model.status("--registers"))
    if found is None:
        raise Broken("device status --registers shows no registers of the physical function")
    return {int(offset, 0): int(str(value), 0) for offset, value in found.items()}


def compare_registers(run):
    """Holds each line of the driver's dumps against the model's own state."""
    state = model_registers(run)
    compared, different = 0, []
    for line in run.data.get("registers", []):
        named = re.match(r"(\S+) (\w+)\s*= (0x[0-9a-f]+)$", line)
        numbered = re.match(r"(\S+) (0x[0-9a-f]+) = 0x[0-9a-f]+ ---> (0x[0-9a-f]+)$", line)
        if named and named.group(2) in run.registers:
            base = CORES.get(named.group(1).split("/")[0], 0)
            offset, value = base + run.registers[named.group(2)], named.group(3)
        elif numbered and not numbered.group(2).startswith("0x00000"):
            offset, value = int(numbered.group(2), 16), numbered.group(3)
        else:
            continue
        compared += 1
        if state.get(offset, 0) != int(value, 16):
            different.append(f"{offset:#x}: dumped {value}, the model has {state.get(offset, 0):#x}")
    run.verdicts.check("the register dumps are complete", compared >= 140, f"{compared} registers dumped")
    run.verdicts.check("the register dumps equal the model's state", not different, " / ".join(different[:8]))
    zero = [name for name in ("QM_DFX_MB_CNT", "QM_DFX_DB_CNT") if state.get(run.registers[name], 0) == 0]
    run.verdicts.check("the debug counters have counted", not zero, zero)


def inject(run, *words):
    run.model.call("device", "inject", DEVICE, *map(str, words))


def on_sync(run, name, rest):
    """What the host does while the guest waits."""
    if name == "registers":
        compare_registers(run)
    elif name == "inject":
        inject(run, rest)
    elif name == "bad-jobs":
        # The compressing queue: to the kernel, a failed decompression would be lost data.
        inject(run, f"sqe-status-{BAD_STATUS:#x}", "--queue", rest, "--count", BAD_JOBS)
    elif name == "spurious":
        for _ in range(SPURIOUS):
            inject(run, "spurious-interrupt")
            time.sleep(0.2)  # two that are pending at once would be one
    elif name == "healthy":
        state = model_registers(run)
        pending = {hex(offset): state.get(offset, 0) for offset in PENDING}
        run.verdicts.check("no error is left pending", not any(pending.values()), pending)
    elif name == "user_path":
        virtual = next(each for each in run.model.status()["devices"][0]["functions"] if each["name"] == "vf1")
        taken = sum(queue["bytesIn"] for queue in virtual["queues"])
        run.verdicts.check("the model's virtual function has taken all of it", taken >= MIB_THROUGH_DEVICE << 20,
                           f"{taken} bytes")
    elif name == "program":
        run.model.status()
    else:
        raise Broken(f"the guest waits for {name!r}, which the host does not know")
