/* Presets that must be refused: each with the line and the key that are to blame, and words that
 * the complaint must hold. */
#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "vocabulary.h"

#define HEAD "[preset]\ntitle = t\n"       /* lines 1, 2 */
#define TASK "[task a]\nsteps = cpu 1ms\n" /* two more */
#define GOOD HEAD TASK                     /* four lines */
#define X10  "xxxxxxxxxx"
#define X60  X10 X10 X10 X10 X10 X10
#define X180 X60 X60 X60

struct hostile {
    const char *name, *text;
    unsigned line;
    const char *key;
    const char *says; /* part of the complaint */
    size_t size;      /* 0: strlen(text) */
};

static const struct hostile cases[] = {
    /* ---- what inih would misread ---- */
    {"line of 191 bytes", GOOD "[run]\nseed = 1 ;" X180 "x\n", 6, "", "190 bytes", 0},
    {"long line whose tail is a key", HEAD "summary = " X180 X10 "\nworkers=1000000000\n" TASK, 3,
     "", "190 bytes", 0},
    {"long comment", "; " X180 X10 "\n" GOOD, 1, "", "190 bytes", 0},
    {"long blank line",
     GOOD "                                                                  "
          "                                                                  "
          "                                                                 \n",
     5, "", "190 bytes", 0},
    {"NUL in a value",
     HEAD TASK "[run]\nseed = 1\0"
               "2\n",
     6, "", "NUL",
     sizeof(GOOD "[run]\nseed = 1\0"
                 "2\n") -
         1},
    {"NUL at the end", GOOD "\0", 5, "", "NUL", sizeof(GOOD "\0") - 1},
    {"indented key", GOOD "[run]\n seed = 2\n", 6, "", "indented", 0},
    {"indented continuation", HEAD TASK "[run]\nseed = 2\n\tduration = 0\n", 7, "", "indented", 0},
    {"indented section", GOOD " [run]\n", 5, "", "indented", 0},
    {"key of 50 bytes", GOOD "[run]\nseed" X10 X10 X10 X10 "xxxxxx = 1\n", 6, "", "49 bytes", 0},
    {"section of 50 bytes", GOOD "[run" X10 X10 X10 X10 "xxxxxxx]\n", 5, "", "49 bytes", 0},
    {"colon for equals", GOOD "[run]\nseed: 1\n", 6, "", "':'", 0},
    {"colon before equals", GOOD "[run]\nse:ed = 1\n", 6, "", "':'", 0},
    {"no equals", GOOD "[run]\nseed 1\n", 6, "", "key = value", 0},
    {"comment before equals", GOOD "[run]\nseed ;= 1\n", 6, "", "key = value", 0},
    {"empty key", GOOD "[run]\n= 1\n", 6, "", "a name is missing", 0},
    {"section not closed", GOOD "[run\nseed = 1\n", 5, "", "']'", 0},
    {"section closed behind a comment", GOOD "[task b ;]\n", 5, "", "']'", 0},
    {"text behind a section", GOOD "[run] seed = 1\n", 5, "", "behind ']'", 0},
    {"empty section", GOOD "[]\n", 5, "", "a name is missing", 0},
    {"space in the brackets", GOOD "[ run]\n", 5, "", "white space", 0},
    {"space before the bracket", GOOD "[run ]\n", 5, "", "white space", 0},
    {"key before any section", "seed = 1\n" GOOD, 1, "seed", "before the first", 0},
    /* ---- bytes ---- */
    {"escape", HEAD "summary = \x1b[2J\n" TASK, 3, "", "control byte (0x1b)", 0},
    {"bell in a comment", "; \a\n" GOOD, 1, "", "control byte (0x07)", 0},
    {"DEL", HEAD "summary = a\x7f\n" TASK, 3, "", "control byte (0x7f)", 0},
    {"C1 control",
     HEAD "summary = a\xc2\x9b"
          "2J\n" TASK,
     3, "", "control byte (0x9b)", 0},
    {"carriage return inside", GOOD "[run]\nseed = 1\rseed = 2\n", 6, "", "control byte (0x0d)", 0},
    {"carriage return at the end", GOOD "[run]\r", 5, "", "control byte (0x0d)", 0},
    {"lone UTF-8 byte", HEAD "summary = \x80\n" TASK, 3, "", "UTF-8", 0},
    {"overlong UTF-8", HEAD "summary = \xc0\xaf\n" TASK, 3, "", "UTF-8", 0},
    {"surrogate", HEAD "summary = \xed\xa0\x80\n" TASK, 3, "", "UTF-8", 0},
    {"beyond Unicode", HEAD "summary = \xf4\x90\x80\x80\n" TASK, 3, "", "UTF-8", 0},
    {"cut UTF-8", HEAD "summary = \xe2\x82\n" TASK, 3, "", "UTF-8", 0},
    {"UTF-16", "\xff\xfe[\0p\0", 1, "", "NUL", 7},
    {"second byte order mark", "\xef\xbb\xbf\xef\xbb\xbf[preset]\n" TASK, 1, "", "key = value", 0},
    {"binary",
     "\x7f"
     "ELF\x02\x01\x01",
     1, "", "control byte", 0},
    /* ---- sections and keys ---- */
    {"unknown section", GOOD "[limits]\n", 5, "limits", "no such section", 0},
    {"misspelt section", GOOD "[engin]\n", 5, "engin", "did you mean 'engine'", 0},
    {"section in capitals", GOOD "[ENGINE]\n", 5, "ENGINE", "did you mean 'engine'", 0},
    {"task without a name", HEAD "[task]\nsteps = cpu 1ms\n", 3, "task", "needs a name", 0},
    {"task with two names", HEAD "[task a b]\nsteps = cpu 1ms\n", 3, "task a b", "is named by", 0},
    {"task with a dot", HEAD "[task a.b]\nsteps = cpu 1ms\n", 3, "task a.b", "is named by", 0},
    {"task with a long name", HEAD "[task " X10 X10 X10 "xx]\n", 3, "task " X10 X10 X10 "xx",
     "1..31", 0},
    {"repeated section", GOOD "[run]\n[run]\n", 6, "run", "in line 5", 0},
    {"repeated task", GOOD "[task a]\nsteps = cpu 1ms\n", 5, "task a", "in line 3", 0},
    {"repeated key", GOOD "[run]\nseed = 1\nseed = 1\n", 7, "run.seed", "in line 6", 0},
    {"repeated steps", HEAD "[task a]\nsteps = yield\nsteps = yield\n", 5, "task a.steps",
     "in line 4", 0},
    {"unknown key", GOOD "[run]\nspeed = 9\n", 6, "run.speed", "did you mean 'seed'", 0},
    {"misspelt key", GOOD "[engine]\nwrokers = 9\n", 6, "engine.wrokers", "did you mean 'workers'",
     0},
    {"key in the wrong section", GOOD "[engine]\nrate = 9/s\n", 6, "engine.rate",
     "belongs into [arrivals]", 0},
    {"key of a task elsewhere", GOOD "[run]\nweight = 9\n", 6, "run.weight", "into [task NAME]", 0},
    {"key in capitals", GOOD "[run]\nSEED = 9\n", 6, "run.SEED", "did you mean 'seed'", 0},
    {"nothing to do", HEAD, 0, "", "no task type", 0},
    {"empty file", "", 0, "preset.title", "must be given", 0},
    {"no title", TASK, 0, "preset.title", "must be given", 0},
    {"empty title", "[preset]\ntitle =\n" TASK, 2, "preset.title", "must not be empty", 0},
    {"title of a comment", "[preset]\ntitle = ; none\n" TASK, 2, "preset.title",
     "must not be empty", 0},
    {"long title", "[preset]\ntitle = " X60 "xxxx\n" TASK, 2, "preset.title", "longer than 63", 0},
    {"no steps", HEAD "[task a]\nweight = 1\n", 3, "task a.steps", "must be given", 0},
    {"empty steps", HEAD "[task a]\nsteps =\n", 4, "task a.steps", "empty step", 0},
    /* ---- values ---- */
    {"unknown engine", GOOD "[engine]\nname = threadpol\n", 6, "engine.name",
     "did you mean 'threadpool'", 0},
    {"no engine", GOOD "[engine]\nname =\n", 6, "engine.name", "green, pthread, async, threadpool",
     0},
    {"unknown policy", GOOD "[engine]\npolicy = stael\n", 6, "engine.policy",
     "did you mean 'steal'", 0},
    {"policy of another engine", GOOD "[engine]\nname = async\npolicy = fifo\n", 7, "engine.policy",
     "not a policy of async; allowed: pinned", 0},
    {"too many workers", GOOD "[engine]\nworkers = 257\n", 6, "engine.workers", "1..256", 0},
    {"a billion workers", GOOD "[engine]\nworkers = 1000000000\n", 6, "engine.workers", "1..256",
     0},
    {"no workers", GOOD "[engine]\nworkers = 0\n", 6, "engine.workers", "1..256", 0},
    {"negative workers", GOOD "[engine]\nworkers = -1\n", 6, "engine.workers", "1..256", 0},
    {"workers beyond 2^64", GOOD "[engine]\nworkers = 18446744073709551617\n", 6, "engine.workers",
     "1..256", 0},
    {"half a worker", GOOD "[engine]\nworkers = 1.5\n", 6, "engine.workers", "1..256", 0},
    {"no factor", GOOD "[engine]\nworkers = x\n", 6, "engine.workers", "2x", 0},
    {"factor of zero", GOOD "[engine]\nworkers = 0x\n", 6, "engine.workers", "2x", 0},
    {"hexadecimal workers", GOOD "[engine]\nworkers = 0x10\n", 6, "engine.workers", "1..256", 0},
    {"misspelt auto", GOOD "[engine]\nworkers = atuo\n", 6, "engine.workers", "did you mean 'auto'",
     0},
    {"more loops than async has", GOOD "[engine]\nname = async\nworkers = 65\n", 7,
     "engine.workers", "async:pinned runs at most 64", 0},
    {"priority where there is none",
     GOOD "priority = high\n[engine]\nname = pthread\npolicy = equals\n", 5, "task a.priority",
     "pthread:equals knows no priorities: allowed here is normal", 0},
    {"priority low", GOOD "priority = low\n", 5, "task a.priority", "high | normal", 0},
    {"no queue", GOOD "[engine]\nqueue = 0\n", 6, "engine.queue", "1..10000000", 0},
    {"endless queue", GOOD "[engine]\nqueue = 10000001\n", 6, "engine.queue", "1..10000000", 0},
    {"queue with a unit", GOOD "[engine]\nqueue = 1k\n", 6, "engine.queue", "1..10000000", 0},
    {"full what", GOOD "[engine]\non_full = drop\n", 6, "engine.on_full", "block | refuse", 0},
    {"misspelt refuse", GOOD "[engine]\non_full = refues\n", 6, "engine.on_full",
     "did you mean 'refuse'", 0},
    {"small stack", GOOD "[engine]\nstack = 4KiB\n", 6, "engine.stack", "16KiB..64MiB", 0},
    {"large stack", GOOD "[engine]\nstack = 65MiB\n", 6, "engine.stack", "16KiB..64MiB", 0},
    {"stack that wraps", GOOD "[engine]\nstack = 17179869185GiB\n", 6, "engine.stack", "64MiB", 0},
    {"too many helpers", GOOD "[engine]\noffload = 129\n", 6, "engine.offload", "1..128", 0},
    {"no helpers", GOOD "[engine]\noffload = 0\n", 6, "engine.offload", "off | on", 0},
    {"stealing maybe", GOOD "[engine]\nstealing = maybe\n", 6, "engine.stealing", "on | off", 0},
    {"stealing true", GOOD "[engine]\nstealing = true\n", 6, "engine.stealing", "on | off", 0},
    {"wait how", GOOD "[engine]\nwait = spin\n", 6, "engine.wait", "help | block", 0},
    {"model tract", GOOD "[arrivals]\nmodel = tract\n", 6, "arrivals.model",
     "open | closed | batch | trace", 0},
    {"trace of nothing", GOOD "[arrivals]\nmodel = trace\n", 5, "arrivals.trace", "must be given",
     0},
    {"scale of zero", GOOD "[arrivals]\ntrace_scale = 0x\n", 6, "arrivals.trace_scale", "0.000001x",
     0},
    {"scale without x", GOOD "[arrivals]\ntrace_scale = 2\n", 6, "arrivals.trace_scale", "x", 0},
    {"rows of no trace", HEAD "[task r]\nsteps = cpu 1us, row\n", 4, "task r.steps",
     "arrivals.model = trace", 0},
    {"retries for ever", GOOD "retries = 101\n", 5, "task a.retries", "0..100", 0},
    {"backoff of nothing", GOOD "backoff = 0\n", 5, "task a.backoff", "[xF] [max T] [jitter]", 0},
    {"backoff that shrinks", GOOD "backoff = 1s x0.5\n", 5, "task a.backoff", "[xF]", 0},
    {"backoff out of order", GOOD "backoff = 1s jitter x2\n", 5, "task a.backoff", "[xF]", 0},
    {"budget of too much", GOOD "retry_budget = 101%\n", 5, "task a.retry_budget", "0%..100%", 0},
    {"work first without a place", GOOD "[engine]\nname = pthread\nspawn = work-first\n", 7,
     "engine.spawn", "until it ends", 0},
    {"priority of no thread", GOOD "realtime = 5\n[engine]\nname = green\n", 5, "task a.realtime",
     "no thread of its own", 0},
    {"priority of too much", GOOD "realtime = 91\n", 5, "task a.realtime", "0 (no) .. 90", 0},
    {"lock without a name", GOOD "[lock]\nkind = fair\n", 5, "lock", "needs a name", 0},
    {"lock that nobody takes", GOOD "[lock b]\nkind = fair\n", 5, "lock b", "no step takes", 0},
    {"lock of no kind", HEAD "[task a]\nsteps = lock b 1us\n[lock b]\nkind = kind\n", 6,
     "lock b.kind", "fair | unfair | inherit", 0},
    {"lock of threads without threads",
     HEAD "[engine]\nname = green\n[task a]\nsteps = lock b 1us\n[lock b]\nkind = unfair\n", 8,
     "lock b.kind", "whose tasks keep their thread", 0},
#define PHASE GOOD "[phase a]\n"
    {"phase without a name", GOOD "[phase]\nat = 1s\n", 5, "phase", "needs a name", 0},
    {"phase of an odd name", GOOD "[phase a b]\nat = 1s\n", 5, "phase a b", "letters", 0},
    {"phase without a time", PHASE "rate = 5/s\n", 5, "phase a.at", "must be given", 0},
    {"phase twice", PHASE "at = 1s\n[phase a]\nat = 2s\n", 7, "phase a", "given before", 0},
    {"phase of a day", PHASE "at = 1441min\n", 6, "phase a.at", "1440min", 0},
    {"rate over nothing", PHASE "at = 1s\nrate = 5/s over\n", 7, "phase a.rate", "over T", 0},
    {"rate over no time", PHASE "at = 1s\nrate = 5/s over 0s\n", 7, "phase a.rate", "over T", 0},
    {"no rate of a phase", PHASE "at = 1s\nrate = 0/s\n", 7, "phase a.rate", "R/s", 0},
    {"rate of a closed model", PHASE "at = 1s\nrate = 5/s\n[arrivals]\nmodel = closed\n", 7,
     "phase a.rate", "arrivals.model = open", 0},
    {"clients of an open model", PHASE "at = 1s\nin_flight = 5\n", 7, "phase a.in_flight",
     "arrivals.model = closed", 0},
    {"mix of nobody", PHASE "at = 1s\nmix = nobody 5\n", 7, "phase a.mix", "no [task nobody]", 0},
    {"mix without a weight", PHASE "at = 1s\nmix = a\n", 7, "phase a.mix", "TYPE WEIGHT", 0},
    {"mix twice", PHASE "at = 1s\nmix = a 1, a 2\n", 7, "phase a.mix", "twice", 0},
    {"mix that ends arrivals", PHASE "at = 1s\nmix = a 0\n", 7, "phase a.mix", "above 0", 0},
    {"fault of no kind", PHASE "at = 1s\nfault = stucc 0 1s\n", 7, "phase a.fault",
     "did you mean 'stuck'?", 0},
    {"stuck for ever", PHASE "at = 1s\nfault = stuck 0\n", 7, "phase a.fault", "up to 10min", 0},
    {"slow by nothing", PHASE "at = 1s\nfault = slow 0 x0\n", 7, "phase a.fault", "x1 to x1000", 0},
    {"fail of nobody", PHASE "at = 1s\nfault = fail nobody 5%\n", 7, "phase a.fault", "a task type",
     0},
    {"lost what", PHASE "at = 1s\nfault = lose 1\n", 7, "phase a.fault", "'cpu'", 0},
    {"one word more", PHASE "at = 1s\nfault = off 1\n", 7, "phase a.fault", "too many", 0},
    {"seven faults", PHASE "at = 1s\nfault = off,off,off,off,off,off,off\n", 7, "phase a.fault",
     "more than 6", 0},
    {"rate of zero", GOOD "[arrivals]\nrate = 0/s\n", 6, "arrivals.rate", "0.001/s", 0},
    {"negative rate", GOOD "[arrivals]\nrate = -5/s\n", 6, "arrivals.rate", "0.001/s", 0},
    {"rate a minute", GOOD "[arrivals]\nrate = 60/min\n", 6, "arrivals.rate", "/s", 0},
    {"rate of infinity", GOOD "[arrivals]\nrate = inf\n", 6, "arrivals.rate", "0.001/s", 0},
    {"rate with an exponent", GOOD "[arrivals]\nrate = 1e3/s\n", 6, "arrivals.rate", "0.001/s", 0},
    {"rate with a comma", GOOD "[arrivals]\nrate = 1,5/s\n", 6, "arrivals.rate", "0.001/s", 0},
    {"enormous rate", GOOD "[arrivals]\nrate = 10000001/s\n", 6, "arrivals.rate", "10000000/s", 0},
    {"fine rate", GOOD "[arrivals]\nrate = 1.0000001/s\n", 6, "arrivals.rate", "0.001/s", 0},
    {"process bursty", GOOD "[arrivals]\nprocess = bursty\n", 6, "arrivals.process", "poisson", 0},
    {"too many clients", GOOD "[arrivals]\nclients = 10001\n", 6, "arrivals.clients", "0..10000",
     0},
    {"nobody in flight", GOOD "[arrivals]\nin_flight = 0\n", 6, "arrivals.in_flight", "1..1000000",
     0},
    {"too many in flight", GOOD "[arrivals]\nin_flight = 1000001\n", 6, "arrivals.in_flight",
     "1..1000000", 0},
    {"think without a unit", GOOD "[arrivals]\nthink = 5\n", 6, "arrivals.think", "not a time", 0},
    {"think too much", GOOD "[arrivals]\nthink = 5ms 6ms\n", 6, "arrivals.think",
     "one word too many", 0},
    {"empty batch", GOOD "[arrivals]\nmodel = batch\n", 5, "arrivals.tasks", "how many", 0},
    {"too many tasks", GOOD "[arrivals]\ntasks = 1000000000001\n", 6, "arrivals.tasks", "0..10000",
     0},
    {"negative weight", HEAD "[task a]\nweight = -1\nsteps = yield\n", 4, "task a.weight",
     "0..1000000", 0},
    {"weight of NaN", HEAD "[task a]\nweight = nan\nsteps = yield\n", 4, "task a.weight",
     "0..1000000", 0},
    {"no weight at all", HEAD "[task a]\nweight = 0\nsteps = yield\n", 4, "task a.weight",
     "no task arrives", 0},
    {"long timeout", HEAD "[task a]\ntimeout = 61min\nsteps = yield\n", 4, "task a.timeout",
     "60min", 0},
    {"timeout without a unit", HEAD "[task a]\ntimeout = 5\nsteps = yield\n", 4, "task a.timeout",
     "60min", 0},
    {"endless duration", GOOD "[run]\nduration = 1441min\n", 6, "run.duration", "1440min", 0},
    {"duration in hours", GOOD "[run]\nduration = 1h\n", 6, "run.duration", "1440min", 0},
    {"seed beyond 2^64", GOOD "[run]\nseed = 18446744073709551616\n", 6, "run.seed", "0..18446", 0},
    {"fail too often", GOOD "[faults]\nfail = 101%\n", 6, "faults.fail", "0%..100%", 0},
    {"fail without a sign", GOOD "[faults]\nfail = 1\n", 6, "faults.fail", "0%..100%", 0},
    {"lesson of words", HEAD "lesson = seven\n" TASK, 3, "preset.lesson", "0..999", 0},
    /* ---- steps ---- */
    {"unknown step", HEAD "[task a]\nsteps = exec rm\n", 4, "task a.steps", "no step 'exec'", 0},
    {"misspelt step", HEAD "[task a]\nsteps = slepe 1ms\n", 4, "task a.steps",
     "did you mean 'sleep'", 0},
    {"missing comma", HEAD "[task a]\nsteps = cpu 1ms sleep 2ms\n", 4, "task a.steps",
     "one word too many", 0},
    {"trailing comma", HEAD "[task a]\nsteps = cpu 1ms,\n", 4, "task a.steps", "empty step", 0},
    {"two commas", HEAD "[task a]\nsteps = cpu 1ms,, yield\n", 4, "task a.steps", "empty step", 0},
    {"time without a unit", HEAD "[task a]\nsteps = cpu 5\n", 4, "task a.steps",
     "'5' is not a time", 0},
    {"time is missing", HEAD "[task a]\nsteps = cpu\n", 4, "task a.steps", "a time is missing", 0},
    {"negative time", HEAD "[task a]\nsteps = cpu -5ms\n", 4, "task a.steps", "not a time", 0},
    {"time of an hour and more", HEAD "[task a]\nsteps = cpu 3601s\n", 4, "task a.steps", "60min",
     0},
    {"time that wraps", HEAD "[task a]\nsteps = cpu 18446744073709551617ns\n", 4, "task a.steps",
     "not a time", 0},
    {"misspelt distribution", HEAD "[task a]\nsteps = cpu unifrom 1ms 2ms\n", 4, "task a.steps",
     "did you mean 'uniform'", 0},
    {"uniform backwards", HEAD "[task a]\nsteps = cpu uniform 2ms 1ms\n", 4, "task a.steps",
     "A <= B", 0},
    {"uniform of one", HEAD "[task a]\nsteps = cpu uniform 2ms\n", 4, "task a.steps",
     "time is missing", 0},
    {"pareto without a mean", HEAD "[task a]\nsteps = cpu pareto 1ms 1\n", 4, "task a.steps",
     "1.01", 0},
    {"pareto of one", HEAD "[task a]\nsteps = cpu pareto 1ms\n", 4, "task a.steps", "pareto MIN",
     0},
    {"wide lognormal", HEAD "[task a]\nsteps = cpu lognormal 1ms 5\n", 4, "task a.steps", "0..4",
     0},
    {"disk what", HEAD "[task a]\nsteps = disk erase 4KiB\n", 4, "task a.steps", "read or write",
     0},
    {"disk without a size", HEAD "[task a]\nsteps = disk read\n", 4, "task a.steps", "1B..64MiB",
     0},
    {"disk of nothing", HEAD "[task a]\nsteps = disk write 0\n", 4, "task a.steps", "1B..64MiB", 0},
    {"disk of 65 MiB", HEAD "[task a]\nsteps = disk write 65MiB\n", 4, "task a.steps", "1B..64MiB",
     0},
    {"disk with a path", HEAD "[task a]\nsteps = disk write /etc/passwd\n", 4, "task a.steps",
     "1B..64MiB", 0},
    {"fsync of a read", HEAD "[task a]\nsteps = disk read 4KiB fsync\n", 4, "task a.steps",
     "fsync is for write", 0},
    {"lock without a name", HEAD "[task a]\nsteps = lock\n", 4, "task a.steps", "name of a lock",
     0},
    {"lock without a time", HEAD "[task a]\nsteps = lock l\n", 4, "task a.steps", "time is missing",
     0},
    {"lock with an odd name", HEAD "[task a]\nsteps = lock ../l 1ms\n", 4, "task a.steps",
     "name of a lock", 0},
    {"nine locks",
     HEAD "[task a]\nsteps = lock a 0, lock b 0, lock c 0, lock d 0, lock e 0, lock f 0, "
          "lock g 0, lock h 0, lock i 0\n",
     4, "task a.steps", "more than 8 locks", 0},
    {"fib of what", HEAD "[task a]\nsteps = fib\n", 4, "task a.steps",
     "'fib n [grain g]': expected n, 0..60", 0},
    {"fib below zero", HEAD "[task a]\nsteps = fib -1\n", 4, "task a.steps", "0..60", 0},
    {"fib beyond 64 bits", HEAD "[task a]\nsteps = fib 61\n", 4, "task a.steps", "0..60", 0},
    {"fib of half", HEAD "[task a]\nsteps = fib 2.5\n", 4, "task a.steps", "0..60", 0},
    {"grain of what", HEAD "[task a]\nsteps = fib 30 grain\n", 4, "task a.steps",
     "expected a grain, 1..32", 0},
    {"grain of nothing", HEAD "[task a]\nsteps = fib 30 grain 0\n", 4, "task a.steps", "1..32", 0},
    {"a grain too large", HEAD "[task a]\nsteps = fib 30 grain 33\n", 4, "task a.steps", "1..32",
     0},
    {"a number too many", HEAD "[task a]\nsteps = fib 30 18\n", 4, "task a.steps",
     "'18' is one word too many", 0},
    {"fib with a wood of tasks", HEAD "[task a]\nsteps = fib 50 grain 2\n", 4, "task a.steps",
     "at most 2000000; a larger grain", 0},
    {"skynet of nobody", HEAD "[task a]\nsteps = skynet 0\n", 4, "task a.steps", "1..1000000000",
     0},
    {"skynet with too many tasks", HEAD "[task a]\nsteps = skynet 1000000000 grain 1\n", 4,
     "task a.steps", "a larger grain", 0},
    {"nothing to sort", HEAD "[task a]\nsteps = quicksort 0\n", 4, "task a.steps", "1..100000000",
     0},
    {"a sort of single numbers", HEAD "[task a]\nsteps = quicksort 1000 grain 1\n", 4,
     "task a.steps", "2..1000000", 0},
    {"primes of nobody", HEAD "[task a]\nsteps = primes 1\n", 4, "task a.steps", "2..10000000", 0},
    {"queens without a board", HEAD "[task a]\nsteps = nqueens 0\n", 4, "task a.steps", "1..18", 0},
    {"queens beyond what is known", HEAD "[task a]\nsteps = nqueens 19\n", 4, "task a.steps",
     "1..18", 0},
    {"julia without a size", HEAD "[task a]\nsteps = julia 500\n", 4, "task a.steps", "pixels WxH",
     0},
    {"julia of a line", HEAD "[task a]\nsteps = julia 640x 500\n", 4, "task a.steps", "pixels WxH",
     0},
    {"julia of nothing", HEAD "[task a]\nsteps = julia 0x480 500\n", 4, "task a.steps",
     "each 1..4096", 0},
    {"julia too wide", HEAD "[task a]\nsteps = julia 4097x480 500\n", 4, "task a.steps",
     "each 1..4096", 0},
    {"julia with a long edge", HEAD "[task a]\nsteps = julia 640000000000000000000x480 500\n", 4,
     "task a.steps", "each 1..4096", 0},
    {"julia without iterations", HEAD "[task a]\nsteps = julia 640x480\n", 4, "task a.steps",
     "expected iterations, 1..65535", 0},
    {"julia with too many iterations", HEAD "[task a]\nsteps = julia 640x480 65536\n", 4,
     "task a.steps", "1..65535", 0},
    {"julia in crumbs", HEAD "[task a]\nsteps = julia 640x480 500 grain 3\n", 4, "task a.steps",
     "4..512", 0},
    {"pipeline without stages", HEAD "[task a]\nsteps = pipeline 0 8\n", 4, "task a.steps",
     "a number of stages, 1..1000", 0},
    {"pipeline without a depth", HEAD "[task a]\nsteps = pipeline 3\n", 4, "task a.steps",
     "the depth of a channel, 0..100000", 0},
    {"pipeline of nothing", HEAD "[task a]\nsteps = pipeline 3 8 items 0\n", 4, "task a.steps",
     "1..1000000000", 0},
    {"pingpong of nothing", HEAD "[task a]\nsteps = pingpong 0\n", 4, "task a.steps",
     "1..1000000000", 0},
    {"touch of what", HEAD "[task a]\nsteps = touch 5\n", 4, "task a.steps", "packed or padded", 0},
    {"touch of nothing", HEAD "[task a]\nsteps = touch packed 0\n", 4, "task a.steps", "n, 1..", 0},
    {"memory of a byte", HEAD "[task a]\nsteps = memory 1\n", 4, "task a.steps", "4KiB..1GiB", 0},
    {"memory of 2 GiB", HEAD "[task a]\nsteps = memory 2GiB\n", 4, "task a.steps", "4KiB..1GiB", 0},
    {"memory no time", HEAD "[task a]\nsteps = memory 4KiB x0\n", 4, "task a.steps", "x1..", 0},
    {"two pictures", HEAD "[task a]\nsteps = julia 64x48 9\n[task b]\nsteps = julia 64x48 10\n", 0,
     "", "draw one picture", 0},
    {"seventeen kernels",
     HEAD "[task a]\nsteps = fib 0,fib 1,fib 2,fib 3,fib 4,fib 5,fib 6,fib 7,fib 8,fib 9,fib 10,"
          "fib 11,fib 12,fib 13,fib 14,fib 15,fib 16\n",
     0, "", "17 different kernels; at most 16", 0},
    {"spawn of nobody", HEAD "[task a]\nsteps = spawn\n", 4, "task a.steps", "expected a task type",
     0},
    {"spawn of a stranger", HEAD "[task a]\nsteps = spawn b\n", 4, "task a.steps", "no [task b]",
     0},
    {"spawn of a near miss",
     HEAD "[task parent]\nsteps = spawn chlid\n[task child]\nsteps = yield\n", 4,
     "task parent.steps", "did you mean 'child'", 0},
    {"spawn of none", HEAD "[task a]\nsteps = spawn b x0\n[task b]\nsteps = yield\n", 4,
     "task a.steps", "x1..", 0},
    {"spawn of too many", HEAD "[task a]\nsteps = spawn b x1000001\n[task b]\nsteps = yield\n", 4,
     "task a.steps", "x1..x1000000", 0},
    {"spawn without an x", HEAD "[task a]\nsteps = spawn b 4\n[task b]\nsteps = yield\n", 4,
     "task a.steps", "x1..", 0},
    {"spawn of itself", HEAD "[task a]\nsteps = spawn a\n", 4, "task a.steps", "circle", 0},
    {"spawn in a circle",
     HEAD "[task a]\nsteps = spawn b\n[task b]\nsteps = spawn c\n"
          "[task c]\nsteps = spawn a\n",
     4, "task a.steps", "circle", 0},
    {"two million and one",
     HEAD "[task a]\nsteps = spawn b x1000000, spawn b x1000000\n[task b]\nsteps = yield\n", 4,
     "task a.steps", "at most 2000000", 0},
    {"powers of a thousand",
     HEAD "[task a]\nsteps = spawn b x2000\n[task b]\nsteps = spawn c x1000\n"
          "[task c]\nsteps = yield\n",
     4, "task a.steps", "at most 2000000", 0},
    {"fail without a chance", HEAD "[task a]\nsteps = fail\n", 4, "task a.steps", "0%..100%", 0},
    {"fail at 200 %", HEAD "[task a]\nsteps = fail 200%\n", 4, "task a.steps", "0%..100%", 0},
    {"33 steps",
     HEAD "[task a]\nsteps = join,join,join,join,join,join,join,join,join,join,join,join,"
          "join,join,join,join,join,join,join,join,join,join,join,join,join,join,join,join,"
          "join,join,join,join,join\n",
     4, "task a.steps", "more than 32 steps", 0},
    {"17 types",
     HEAD
     "[task a]\n[task b]\n[task c]\n[task d]\n[task e]\n[task f]\n[task g]\n[task h]\n[task i]\n"
     "[task j]\n[task k]\n[task l]\n[task m]\n[task n]\n[task o]\n[task p]\n[task q]\n",
     19, "task q", "more than 16 task types", 0},
};
#define CASES (sizeof cases / sizeof *cases)

static void check(const struct hostile *hostile, const struct ps_complaints *complaints,
                  enum ps_err err)
{
    char text[1024];
    const struct ps_complaint *first = &complaints->list[0];
    if (err != PS_EPARSE || complaints->count == 0)
        fail_msg("'%s' was not refused", hostile->name);
    ps_complaint_text(text, sizeof text, first);
    if (first->line != hostile->line || strcmp(first->key, hostile->key) != 0 ||
        !strstr(first->text, hostile->says))
        fail_msg("'%s', line %u, key '%s', '%s': %s", hostile->name, hostile->line, hostile->key,
                 hostile->says, text);
    if (!ps_utf8_valid(text, strlen(text)) || strpbrk(text, "\n\r\x1b\x7f"))
        fail_msg("'%s': the complaint is not clean", hostile->name);
    assert_string_equal(first->file, "hostile.ini");
}

static void each_is_refused_where_it_is_wrong(void **state)
{
    (void)state;
    static struct ps_experiment experiment;
    assert_true(CASES >= 100);
    for (size_t i = 0; i < CASES; i++) {
        struct ps_complaints complaints = {.count = 0};
        size_t size = cases[i].size ? cases[i].size : strlen(cases[i].text);
        /* Exactly as long as it says: an overrun is a sanitizer's find. */
        char *text = malloc(size ? size : 1);
        assert_non_null(text);
        memcpy(text, cases[i].text, size);
        enum ps_err err =
            ps_experiment_parse(&experiment, &test_words, "hostile.ini", text, size, &complaints);
        free(text);
        check(&cases[i], &complaints, err);
    }
    print_message("%zu hostile presets\n", CASES);
}

static void the_frame_of_the_cases_is_good(void **state)
{
    (void)state;
    static struct ps_experiment experiment;
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_parse(&experiment, &test_words, "good", GOOD, strlen(GOOD), &complaints),
        PS_OK);
}

static void a_large_file_is_refused(void **state)
{
    (void)state;
    static struct ps_experiment experiment;
    struct ps_complaints complaints = {.count = 0};
    static char text[PS_PRESET_MAX_BYTES + 1];
    memset(text, '\n', sizeof text);
    memcpy(text, GOOD, strlen(GOOD));
    assert_int_equal(
        ps_experiment_parse(&experiment, &test_words, "x", text, sizeof text - 1, &complaints),
        PS_OK);
    assert_int_equal(
        ps_experiment_parse(&experiment, &test_words, "x", text, sizeof text, &complaints),
        PS_EPARSE);
    assert_non_null(strstr(complaints.list[0].text, "65536"));
}

static void all_faults_are_reported(void **state)
{
    (void)state;
    static struct ps_experiment experiment;
    struct ps_complaints complaints = {.count = 0};
    const char *text =
        GOOD "[engine]\nname = thread\nworkers = many\nqueue = big\n[run]\nseed = x\n";
    assert_int_equal(
        ps_experiment_parse(&experiment, &test_words, "x", text, strlen(text), &complaints),
        PS_EPARSE);
    assert_int_equal(complaints.count, 4);
    assert_int_equal(complaints.list[3].line, 10);
    static char many[4096];
    strcpy(many, GOOD "[engine]\n");
    for (unsigned i = 0; i < 100; i++)
        sprintf(many + strlen(many), "key%u = 1\n", i);
    complaints.count = 0;
    ps_experiment_parse(&experiment, &test_words, "x", many, strlen(many), &complaints);
    assert_int_equal(complaints.count, 100);
}

static void a_complaint_is_one_line(void **state)
{
    (void)state;
    static struct ps_experiment experiment;
    struct ps_complaints complaints = {.count = 0};
    const char *text = GOOD "[engine]\nname = threadpol\n";
    char line[1024];
    ps_experiment_parse(&experiment, &test_words, "my.ini", text, strlen(text), &complaints);
    ps_complaint_text(line, sizeof line, &complaints.list[0]);
    assert_string_equal(line, "my.ini:6: engine.name = threadpol: allowed: green, pthread, async, "
                              "threadpool, process; did you mean 'threadpool'?");
    char cut[10];
    ps_complaint_text(cut, sizeof cut, &complaints.list[0]);
    assert_string_equal(cut, "my.ini:6:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_refused_where_it_is_wrong),
        cmocka_unit_test(the_frame_of_the_cases_is_good),
        cmocka_unit_test(a_large_file_is_refused),
        cmocka_unit_test(all_faults_are_reported),
        cmocka_unit_test(a_complaint_is_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
