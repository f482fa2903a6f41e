"""What `compare` runs: a row a bench, with our engines and the programs of peers/."""
import dataclasses

C, TBB, BOOST, GO, RUST = "peers", "tbb", "boost", "gopeer", "rustpeer"
STEAL, FIFO, CHANNEL, PER_TASK = "threadpool:steal", "threadpool:fifo", "pthread:channel", "pthread:per-task"


@dataclasses.dataclass(frozen=True)
class Row:
    bench: str  # ours
    load: str  # what it is, for people
    n: int
    ours: tuple
    peers: tuple = ()  # (program, name)
    theirs: str = ""  # the peers' name of the bench; empty: the same
    workers: tuple = (1, 2)
    # SCHED_RR where it is allowed. Some kernels pack two busy threads of the default class onto one CPU, and figures are
    # then bimodal; latencies and servers are measured in the class they live in.
    real_time: bool = True
    quick: int = 10  # what n is divided by in a quick run

    @property
    def key(self):
        return (self.bench, self.n)


OUTSIDE = ((RUST, "crossbeam-chan"), (C, "libuv"), (C, "c-condvar-ring"), (TBB, "tbb-enqueue"), (TBB, "asio-pool"),
           (RUST, "tokio"), (RUST, "rayon-spawn"))
SLEEPERS = ((C, "libuv-timer"), (RUST, "tokio"), (RUST, "async-std"), (GO, "go"))
POOLS = (STEAL, "green", FIFO, CHANNEL, "async")

ROWS = (
    Row("submit", "jobs from a thread outside the pool", 1000000, (STEAL, "green", FIFO, CHANNEL, "async"), OUTSIDE),
    Row("submit-inside", "jobs from a task", 1000000, (STEAL, "green", "async"),
        ((GO, "go-chanpool"), (TBB, "tbb-group"), (RUST, "rayon-scope"), (RUST, "tokio-inside"), (GO, "go-goroutine")), "submit"),
    Row("burst", "jobs from eight threads", 1000000, (STEAL, "green", FIFO, CHANNEL, "async"),
        ((GO, "go-chanpool"), (GO, "go-goroutine"), (RUST, "tokio"), (RUST, "rayon-spawn"), (RUST, "crossbeam-chan"),
         (TBB, "tbb-enqueue"), (TBB, "asio-pool"), (C, "c-condvar-ring"))),
    Row("chain", "jobs, each submits the next", 300000, (STEAL, "green", "async"),
        ((GO, "go-goroutine"), (RUST, "tokio"), (RUST, "rayon-spawn"), (TBB, "tbb-group"), (TBB, "asio-pool"))),
    Row("fib", "fib(32), a fork at every call", 32, (STEAL, "green"),
        ((RUST, "rayon"), (TBB, "tbb"), (RUST, "tokio"), (GO, "go")), quick=1),
    Row("skynet", "a 10-ary tree of forks, a node", 1000000, (STEAL, "green"),
        ((TBB, "tbb"), (RUST, "rayon"), (RUST, "tokio"), (GO, "go"))),
    Row("skynet-tasks", "the same of tasks with records", 100000, (STEAL, "green"), ((RUST, "tokio"), (GO, "go")), "skynet"),
    Row("tasks", "tasks with deadline, latency and cancellation, from outside", 1000000, POOLS,
        ((RUST, "tokio"), (TBB, "asio-pool")), "submit"),
    Row("tasks-inside", "the same from a task that joins them", 1000000, (STEAL, "green"),
        ((RUST, "tokio-inside"), (GO, "go-goroutine")), "submit"),
    Row("tasks", "the same, a thread each", 20000, (PER_TASK,), ((C, "pthread-per-task"),), "submit"),
    Row("yield", "1,000 tasks yield 1,000 times each", 1000, ("green", "async"),
        ((BOOST, "boost-fiber"), (RUST, "tokio"), (RUST, "async-std"), (GO, "go")), quick=1),
    Row("switch", "a task yields with nobody else", 1000000, ("green",), ((BOOST, "boost-context-fiber"), (C, "swapcontext")),
        workers=(1,)),
    Row("handoff", "park and unpark between two tasks", 1000000, ("green",)),
    Row("pingpong", "a token over two unbuffered channels, a hand-off", 1000000, ("green",), ((GO, "go"), (RUST, "tokio"))),
    # With two workers every hand-off of these wakes a thread.
    Row("pingpong", "the same, fewer", 100000, ("async",), ((BOOST, "boost-fiber"),)),
    Row("sleepers", "tasks that sleep 1 s at once", 100000, ("green", "async"), SLEEPERS, workers=(1,), real_time=False),
    Row("sleepers-deep", "the same, their stacks' memory given back", 100000, ("green",), workers=(1,), real_time=False),
    Row("sleepers-steps", "the same, in event style", 100000, ("green",), workers=(1,), real_time=False),
    Row("sleepers", "tasks that sleep 1 s at once", 1000000, ("green", "async"), SLEEPERS, workers=(1,), real_time=False, quick=0),
    Row("sleepers-deep", "the same, their stacks' memory given back", 1000000, ("green",), workers=(1,), real_time=False, quick=0),
    Row("sleepers-steps", "the same, in event style", 1000000, ("green",), workers=(1,), real_time=False, quick=0),
    Row("wake", "an idle pool gets a task every millisecond", 2000, POOLS,
        ((TBB, "asio-pool"), (RUST, "tokio"), (C, "c-condvar-list"), (C, "libuv")), real_time=False),
    Row("echo", "loopback TCP, 64 connections of 64 bytes", 200000, ("green", "async"),
        ((C, "c-epoll"), (C, "libuv"), (RUST, "tokio"), (GO, "go")), workers=(1,), real_time=False),
    Row("tasks", "scale", 10000, POOLS, workers=(2,), quick=1),
    Row("tasks", "scale", 100000, POOLS, workers=(2,), quick=1),
    Row("tasks", "scale", 10000000, POOLS, workers=(2,), quick=0),
    Row("work", "tasks that compute for 100 us", 4000, POOLS, workers=(1, 2, 256)),
    Row("probes", "tasks with probes off, counting, recording everything", 300000, (STEAL, "green"), workers=(1,)),
)
