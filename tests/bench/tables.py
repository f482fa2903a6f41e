"""Medians of the lines that `compare` got, as Markdown; and the bars they are held against."""
import collections
import statistics

from loads import CHANNEL, FIFO, PER_TASK, POOLS, ROWS, STEAL

NEAR_NS = 80  # a cache line between the two CPUs: more when the host has moved them apart


def duration(ns):
    return f"{ns:.3g} ns" if ns < 1000 else f"{ns / 1e3:.3g} us" if ns < 1e6 else f"{ns / 1e6:.3g} ms"


def per_operation(line):
    return 1e9 / line["ops_per_s"]


def share(part):
    return f"{100 * part:.2g} %"


class Figures:
    """The lines by row, workers and who; runs with the CPUs far apart count only where there are no others."""

    def __init__(self, lines):
        groups = collections.defaultdict(list)
        for line in lines:
            groups[line["bench"], line["row_n"], line["workers"], line["side"], line["peer"]].append(line)
        self.failed = {key for key, some in groups.items() if not any(line["ok"] for line in some)}
        self.groups = {}
        for key, some in groups.items():
            good = [line for line in some if line["ok"]]
            near = [line for line in good if line.get("c2c_ns", 0) < NEAR_NS]
            if good:
                self.groups[key] = near or good

    def values(self, bench, n, workers, who, field=per_operation, side="ours"):
        some = self.groups.get((bench, n, workers, side, who), [])
        return [field(line) for line in some]

    def median(self, *key, **how):
        values = self.values(*key, **how)
        return statistics.median(values) if values else None

    def best_peer(self, bench, n, workers, field=per_operation, among=None):
        """The least median and whose it is."""
        found = [(self.median(bench, n, workers, key[4], field=field, side="peer"), key[4]) for key in self.groups
                 if key[:4] == (bench, n, workers, "peer") and (among is None or key[4] in among)]
        return min(found, default=(None, None))


def over_a_second(line):
    return line["over_s"]


def latency(field):
    return lambda line: line[field]


# bench: what is measured (less is better), its text, and more that is worth showing: (name, value, text)
OPERATION = ("an operation", per_operation, duration, ())
SLEEPERS = ("bytes a task", lambda line: line["bytes_per_task"], lambda v: f"{v:.0f}",
            (("over 1 s", over_a_second, lambda v: f"{v:.2f} s"),))
FIGURES = {
    "sleepers": SLEEPERS,
    "sleepers-deep": SLEEPERS,
    "sleepers-steps": SLEEPERS,
    "wake": ("submit to start, p50", latency("p50_ns"), duration,
             (("p99", latency("p99_ns"), duration), ("idle CPU", lambda line: line["idle_cpu"], share))),
    "echo": ("a request", per_operation, duration, (("p99", latency("p99_ns"), duration),)),
    "probes": ("probes off", latency("off_ns"), duration,
               (("counters", latency("counters_ns"), duration), ("full", latency("full_ns"), duration),
                ("1 us: off", latency("off_1us_ns"), duration), ("counters", latency("counters_1us_ns"), duration),
                ("full", latency("full_1us_ns"), duration))),
}


def more(lines, extra):
    known = []
    for name, value, text in extra:
        values = [value(line) for line in lines if _has(line, value)]
        if values:
            known.append(f"{name} {text(statistics.median(values))}")
    return ", ".join(known)


def _has(line, value):
    try:
        value(line)
    except KeyError:
        return False
    return True


def _lines_of(figures, row, workers):
    heading, value, text, extra = FIGURES.get(row.bench, OPERATION)
    keys = [(row.bench, row.n, workers, side, who)
            for side, names in (("ours", row.ours), ("peer", [name for _, name in row.peers])) for who in names]
    best, _ = figures.best_peer(row.bench, row.n, workers, field=value)
    known = sorted((key for key in keys if key in figures.groups),
                   key=lambda key: statistics.median(map(value, figures.groups[key])))
    for key in known:
        lines = figures.groups[key]
        values = [value(line) for line in lines]
        median = statistics.median(values)
        name = f"**{key[4]}**" if key[3] == "ours" else key[4]
        ratio = f"{best / median:.2f}x" if best and key[3] == "ours" else ""
        yield (f"| {row.bench} | {row.n} | {workers} | {name} | {heading} | {text(median)} ({text(min(values))} - "
               f"{text(max(values))}) | {ratio} | {more(lines, extra)} | {len(lines)} |")
    for key in keys:
        if key in figures.failed:
            yield f"| {row.bench} | {row.n} | {workers} | {key[4]} | {heading} | cannot | | | |"


def medians(lines):
    figures = Figures(lines)
    out = ["| bench | n | workers | who | figure | median (min - max) | to the best peer | also | runs |",
           "|---|--:|--:|---|---|---|--:|---|--:|"]
    for row in ROWS:
        for workers in row.workers:
            out.extend(_lines_of(figures, row, workers))
    return "\n".join(out) + "\n"


def _summary_of(figures, row, workers):
    _, value, text, _ = FIGURES.get(row.bench, OPERATION)
    best, name = figures.best_peer(row.bench, row.n, workers, field=value)
    if not best:
        return
    ours = [(figures.median(row.bench, row.n, workers, who, field=value), who) for who in row.ours]
    ours = ", ".join(f"{who} {text(median)} ({best / median:.2g}x)" for median, who in sorted(pair for pair in ours if pair[0]))
    if ours:
        yield f"| {row.bench} | {row.load} | {workers} | {ours} | {name} {text(best)} |"


def summary(lines):
    """A line a load: ours, and the best of the others."""
    figures = Figures(lines)
    out = ["| bench | load | workers | ours, and how many times as good as the best peer | the best peer |", "|---|---|--:|---|---|"]
    for row in ROWS:
        for workers in row.workers:
            out.extend(_summary_of(figures, row, workers))
    return "\n".join(out) + "\n"


# ---- bars: each gives (what is measured, whether it is met); None where a figure is missing ----

def at_most(bench, n, who, workers, limit, field=per_operation, text=duration):
    def bar(figures):
        value = figures.median(bench, n, workers, who, field=field)
        return None if value is None else (text(value), value <= limit)
    return bar


def asleep(bench, who, limit):
    """The more of two sizes: who takes more than a second to begin a million never holds them all."""
    def bar(figures):
        values = [figures.median(bench, n, 1, who, field=lambda line: line["bytes_per_task"]) for n in (100000, MILLION)]
        return None if None in values else (f"{max(values):.0f}", max(values) <= limit)
    return bar


def times_peer(bench, n, who, workers, least, among=None, field=per_operation, peers_of=None):
    def bar(figures):
        value = figures.median(bench, n, workers, who, field=field)
        best, name = figures.best_peer(peers_of or bench, n, workers, field=field, among=among)
        return None if value is None or best is None else (f"{best / value:.2f}x {name}", best / value >= least)
    return bar


def speed_up(bench, n, who, least):
    def bar(figures):
        one, two = (figures.median(bench, n, workers, who) for workers in (1, 2))
        return None if one is None or two is None else (f"{one / two:.2f}x", one / two >= least)
    return bar


def flat(who, sizes):
    def bar(figures):
        values = [figures.median("tasks", n, 2, who) for n in sizes]
        if None in values:
            return None
        return f"{min(values):.0f} - {max(values):.0f} ns", max(values) <= 1.15 * min(values)
    return bar


def crowded(who):
    def bar(figures):
        values = [figures.median("work", 4000, workers, who) for workers in (1, 2, 256)]
        if values[2] is None or values[1] is None:
            return None
        kept = min(v for v in values if v is not None) / values[2]
        return share(kept), kept >= 0.8
    return bar


def probe_cost(who, level, base, limit):
    def bar(figures):
        cost, off = (figures.median("probes", 300000, 1, who, field=latency(name)) for name in (level, base))
        return None if cost is None or off is None else (f"{100 * (cost / off - 1):.1f} %", cost / off - 1 <= limit)
    return bar


RIVALS = {"go-goroutine", "go-chanpool", "tokio", "rayon-spawn", "tbb-enqueue", "tbb-group"}
MILLION = 1000000


def bars():
    """(bench, engine, workers, bar, function)"""
    for who in (STEAL, "green"):
        for workers, limit in ((1, 20), (2, 35)):
            yield "submit", who, workers, ">= 1.25x the best outside peer", times_peer("submit", MILLION, who, workers, 1.25)
            yield ("submit, from a task", who, workers, f"<= {limit} ns",
                   at_most("submit-inside", MILLION, who, workers, limit))
    for workers in (1, 2):
        for who, least in ((FIFO, 1.5), (CHANNEL, 1.0)):
            yield ("submit", who, workers, f">= {least}x the C ring",
                   times_peer("submit", MILLION, who, workers, least, {"c-condvar-ring"}))
    yield "fib", STEAL, 1, "<= 7 ns", at_most("fib", 32, STEAL, 1, 7)
    yield "fib", STEAL, 2, ">= 1.9x one worker", speed_up("fib", 32, STEAL, 1.9)
    for who, limit in ((STEAL, 20), ("green", 34)):
        for workers in (1, 2):
            yield "skynet", who, workers, f"<= {limit / workers:g} ns", at_most("skynet", MILLION, who, workers, limit / workers)
    yield "yield", "green", 1, "<= 12 ns", at_most("yield", 1000, "green", 1, 12)
    yield "yield", "green", 2, "no slower a worker: 2x one worker", speed_up("yield", 1000, "green", 2)
    for workers, limit in ((1, 40), (2, 90)):
        yield "pingpong", "green", workers, f"<= {limit} ns", at_most("pingpong", MILLION, "green", workers, limit)
    for bench, n in (("chain", 300000), ("burst", MILLION)):
        for who in (STEAL, "green"):
            for workers in (1, 2):
                yield (bench, who, workers, "ahead of Go, tokio, rayon, TBB",
                       times_peer(bench, n, who, workers, 1, RIVALS))
    for bench, who, limit in (("sleepers", "green", 4300), ("sleepers-deep", "green", 1400), ("sleepers", "async", 300)):
        yield (bench, who, 1, f"<= {limit} bytes",
               asleep(bench, who, limit))
    for bench in ("sleepers", "sleepers-deep"):
        yield (bench, "green", 1, "over 1 s: <= tokio's",
               times_peer(bench, MILLION, "green", 1, 1, {"tokio"}, over_a_second, peers_of="sleepers"))
    for who in POOLS:
        for workers in (1, 2):
            yield ("wake", who, workers, "p50 <= the best peer's",
                   times_peer("wake", 2000, who, workers, 1, field=latency("p50_ns")))
            yield ("wake, idle CPU", who, workers, "< 0.5 %",
                   at_most("wake", 2000, who, workers, 0.005, lambda line: line["idle_cpu"], share))
    for who in ("green", "async"):
        yield "echo", who, 1, ">= 1.0x bare epoll", times_peer("echo", 200000, who, 1, 1, {"c-epoll"})
        yield ("echo", who, 1, "p99 <= bare epoll's",
               times_peer("echo", 200000, who, 1, 1, {"c-epoll"}, latency("p99_ns")))
    for workers in (1, 2):
        yield ("per-task", PER_TASK, workers, "within 1.1x of pthread_create + join",
               times_peer("tasks", 20000, PER_TASK, workers, 1 / 1.1))
    for who in POOLS:
        yield "scale", who, 2, "10^4 to 10^7 tasks within 15 %", flat(who, (10000, 100000, MILLION, 10 * MILLION))
        yield "scale", who, 256, ">= 80 % of the best on 100 us tasks", crowded(who)
    for who in (STEAL, "green"):
        yield "probes", who, 1, "counters <= 2 %", probe_cost(who, "counters_ns", "off_ns", 0.02)
        yield "probes", who, 1, "full <= 5 % at 1 us", probe_cost(who, "full_1us_ns", "off_1us_ns", 0.05)


def verdict(lines):
    figures = Figures(lines)
    out = ["| bench | engine | workers | bar | measured | verdict |", "|---|---|--:|---|---|---|"]
    counts = collections.Counter()
    for bench, who, workers, text, bar in bars():
        result = bar(figures)
        word = "untested" if result is None else "met" if result[1] else "**not met**"
        counts[word.strip("*")] += 1
        out.append(f"| {bench} | {who} | {workers} | {text} | {result[0] if result else ''} | {word} |")
    summary = ", ".join(f"{counts[word]} {word}" for word in ("met", "not met", "untested"))
    return "\n".join(out) + f"\n\n{summary}\n"
