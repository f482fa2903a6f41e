/* A live host: one child process.
 *
 * Between fork and exec only async-signal-safe calls are made. Descriptors of the child: 0-2
 * /dev/null (stderr is kept when POOLSCOPE_HOST_STDERR is set: sanitizer reports), 3 control, 4
 * segment, 5 the trace's file, if there is one; everything else is closed on exec. */
#include "client/live.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/live_death.h"
#include "client/os_threads.h"
#include "metrics/lately.h"
#include "model/kernels.h"
#include "model/trace.h"

enum { CONTROL_FD = 3, SEGMENT_FD = 4, TRACE_FD = 5 };

/* Of a trace so much is read before a run, to find mistakes; a second's worth at most. */
#define TRACE_CHECK_BYTES (UINT64_C(64) << 20)

#define START_NS  (20 * (uint64_t)PS_NS_PER_S) /* calibration under a loaded machine */
#define ANSWER_NS (100 * (uint64_t)PS_NS_PER_MS)
#define SILENCE_NS \
    (3 * (uint64_t)PS_NS_PER_S) /* without a heartbeat; they come 10 times a second */
#define EVENT_SLICE 256u
#define KILLED_MS   20u /* ps_live_free waits for one that dies */

struct ps_live {
    struct ps_source source; /* first: the ops get it */
    struct ps_segment *segment;
    int control; /* -1: closed */
    pid_t pid;
    bool running, killed;
    int status;         /* of waitpid, once not running */
    uint64_t oom_kills; /* of the machine, when the host was started */
    uint64_t seq;
    uint64_t latency_at_ns; /* when latencies were last read */
    struct ps_lately *lately;
    uint64_t heartbeat, heartbeat_at_ns;
    uint64_t begun_ns; /* the experiment was handed over */
    struct ps_os_threads *threads;
    struct ps_snapshot *last;               /* what is slow to read is kept here */
    uint64_t ring_next[PS_MAX_WORKERS + 1]; /* the last: hogs */
    unsigned ring_turn;
    unsigned late_answers; /* to lines that timed out: to be skipped */
    char input[512];
    size_t have;
};

/* ---- starting ---- */

const char *ps_live_program(void)
{
    static char path[PATH_MAX];
    if (!path[0]) {
        ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
        if (n > 0)
            path[n] = '\0';
    }
    return path;
}

#define NICENESS 10

static bool stands_back = true;

void ps_live_stand_back(bool back)
{
    stands_back = back;
}

static void become_host(const char *program, int control, int segment, int trace)
{
    setpgid(0, 0);
    if (stands_back && nice(NICENESS) < 0)
        errno = 0; /* as low as it gets */
    int null = open("/dev/null", O_RDWR);
    /* Move the descriptors out of the way of the places they shall have. */
    int c = fcntl(control, F_DUPFD, TRACE_FD + 1), s = fcntl(segment, F_DUPFD, TRACE_FD + 1);
    int t = trace < 0 ? -1 : fcntl(trace, F_DUPFD, TRACE_FD + 1);
    if (null < 0 || c < 0 || s < 0 || (trace >= 0 && t < 0))
        _exit(PS_LIVE_NO_EXEC);
    dup2(null, 0);
    dup2(null, 1);
    if (!getenv("POOLSCOPE_HOST_STDERR"))
        dup2(null, 2);
    dup2(c, CONTROL_FD);
    dup2(s, SEGMENT_FD);
    if (t >= 0)
        dup2(t, TRACE_FD);
    close_range(t >= 0 ? TRACE_FD + 1 : SEGMENT_FD + 1, ~0u, 0);
    struct sigaction standard = {.sa_handler = SIG_DFL};
    for (int n = 1; n < NSIG; n++)
        if (n != SIGKILL && n != SIGSTOP)
            sigaction(n, &standard, NULL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl(program, "poolscope", "host", (char *)NULL);
    _exit(PS_LIVE_NO_EXEC);
}

static bool send_all(int fd, const char *bytes, size_t size, int flags)
{
    while (size > 0) {
        ssize_t n = send(fd, bytes, size, flags | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

/* One line of the host into `line`, waiting until until_ns. PS_ETIMEDOUT, PS_EGONE. */
static enum ps_err read_line(struct ps_live *live, uint64_t until_ns, char *line, size_t size)
{
    for (;;) {
        char *end = memchr(live->input, '\n', live->have);
        if (end) {
            snprintf(line, size, "%.*s", (int)(end - live->input), live->input);
            size_t used = (size_t)(end - live->input) + 1;
            live->have -= used;
            memmove(live->input, live->input + used, live->have);
            return PS_OK;
        }
        if (live->control < 0 || live->have == sizeof live->input)
            return PS_EGONE;
        uint64_t now_ns = ps_now_ns();
        struct pollfd readable = {.fd = live->control, .events = POLLIN};
        struct timespec left = ps_timespec(until_ns > now_ns ? until_ns - now_ns : 0);
        int n = ppoll(&readable, 1, &left, NULL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            return PS_ETIMEDOUT;
        ssize_t got =
            read(live->control, live->input + live->have, sizeof live->input - live->have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return PS_EGONE;
        live->have += (size_t)got;
    }
}

static void how_it_died(struct ps_live *live, char *why, size_t size);

static enum ps_err hand_over(struct ps_live *live, const struct ps_experiment *experiment,
                             char *why, size_t size)
{
    char *text;
    size_t length;
    enum ps_err err = ps_experiment_text(experiment, &text, &length);
    if (err != PS_OK) {
        snprintf(why, size, "%s", ps_err_text(err));
        return err;
    }
    char head[64];
    snprintf(head, sizeof head, "experiment %zu\n", length);
    bool sent =
        send_all(live->control, head, strlen(head), 0) && send_all(live->control, text, length, 0);
    free(text);
    if (sent)
        return PS_OK;
    how_it_died(live, why, size);
    return PS_EGONE;
}

/* PS_ETIMEDOUT: it has not said yet whether it takes the experiment. */
static enum ps_err await_answer(struct ps_live *live, uint64_t until_ns, char *why, size_t size)
{
    char answer[400];
    enum ps_err err = read_line(live, until_ns, answer, sizeof answer);
    if (err == PS_OK && strcmp(answer, "ok") == 0)
        return PS_OK;
    if (err == PS_OK && strncmp(answer, "error ", 6) == 0) {
        snprintf(why, size, "%s", answer + 6);
        return PS_ELIMIT;
    }
    if (err == PS_EGONE)
        how_it_died(live, why, size);
    else
        snprintf(why, size, "the host did not start: %s", ps_err_text(err));
    return err == PS_OK ? PS_EPROTO : err;
}

/* Hosts that have been killed and were not gone when they were freed: threads on a machine without an
 * idle CPU take a while to die. Reaped when the next one begins or is freed. */
#define DYING_MAX 16
static struct {
    pthread_mutex_t lock;
    unsigned count;
    pid_t pid[DYING_MAX];
} dying = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void bury(pid_t one_more)
{
    unsigned kept = 0;
    pthread_mutex_lock(&dying.lock);
    for (unsigned i = 0; i < dying.count; i++)
        if (waitpid(dying.pid[i], NULL, WNOHANG) == 0)
            dying.pid[kept++] = dying.pid[i];
    dying.count = kept;
    bool full = dying.count == DYING_MAX;
    if (one_more > 0 && !full)
        dying.pid[dying.count++] = one_more;
    pthread_mutex_unlock(&dying.lock);
    if (one_more > 0 && full)
        waitpid(one_more, NULL, 0);
}

static const struct ps_source_ops live_ops;

static enum ps_err make_segment(const struct ps_experiment *experiment, const char *const *names,
                                int *fd, struct ps_segment **segment)
{
    const struct ps_step_def *list[PS_KERNELS_MAX];
    unsigned kernels = ps_kernels_of(experiment, list, PS_KERNELS_MAX);
    for (unsigned i = 0; i < kernels && i < PS_KERNELS_MAX; i++)
        if (list[i]->kind == PS_STEP_JULIA) {
            struct ps_picture_shape shape = {list[i]->width, list[i]->height, (uint32_t)list[i]->n,
                                             (uint32_t)ps_kernel_grain(list[i])};
            return ps_segment_create_with_picture(PS_MAX_WORKERS, experiment->type_count, names,
                                                  &shape, fd, segment);
        }
    return ps_segment_create(PS_MAX_WORKERS, experiment->type_count, names, fd, segment);
}

static enum ps_err spawn(struct ps_live *live, const struct ps_experiment *experiment, int *segment,
                         int trace)
{
    const char *names[PS_TYPES_MAX];
    for (unsigned t = 0; t < experiment->type_count; t++)
        names[t] = experiment->types[t].name;
    enum ps_err err = make_segment(experiment, names, segment, &live->segment);
    if (err != PS_OK)
        return err;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return ps_err_from_errno(errno);
    const char *program = ps_live_program();
    bury(0);
    live->oom_kills = ps_live_oom_kills();
    live->pid = fork();
    if (live->pid == 0)
        become_host(program, pair[1], *segment, trace);
    close(pair[1]);
    live->control = pair[0];
    if (live->pid < 0)
        return ps_err_from_errno(errno);
    live->running = true;
    return PS_OK;
}

static enum ps_err begin(const struct ps_experiment *experiment, int trace, struct ps_live **into,
                         char *why, size_t why_size)
{
    struct ps_live *live = calloc(1, sizeof *live);
    if (live) {
        live->control = -1;
        live->last = calloc(1, sizeof *live->last);
        live->lately = ps_lately_new();
    }
    if (!live || !live->last || !live->lately) {
        ps_live_free(live);
        snprintf(why, why_size, "out of memory");
        return PS_ENOMEM;
    }
    live->source.ops = &live_ops;
    int segment = -1;
    enum ps_err err = spawn(live, experiment, &segment, trace);
    if (segment >= 0)
        close(segment);
    if (err != PS_OK)
        snprintf(why, why_size, "cannot start a host: %s", ps_err_text(err));
    else
        err = hand_over(live, experiment, why, why_size);
    live->begun_ns = ps_now_ns();
    if (err == PS_OK)
        *into = live;
    else
        ps_live_free(live);
    return err;
}

/* *fd is -1 where there is no trace to replay. */
static enum ps_err open_trace(const struct ps_experiment *experiment, int *fd, char *why,
                              size_t size)
{
    struct ps_complaints complaints = {.count = 0};
    *fd = -1;
    if (experiment->model != PS_ARRIVAL_TRACE)
        return PS_OK;
    enum ps_err err = ps_trace_open(experiment, fd, &complaints);
    if (err == PS_OK)
        err = ps_trace_check(*fd, TRACE_CHECK_BYTES, experiment, &complaints);
    if (err == PS_OK)
        return PS_OK;
    if (complaints.count)
        ps_complaint_text(why, size, &complaints.list[0]);
    else
        snprintf(why, size, "%s", ps_err_text(err));
    if (*fd >= 0)
        close(*fd);
    return err;
}

enum ps_err ps_live_begin(const struct ps_experiment *experiment, struct ps_live **into, char *why,
                          size_t why_size)
{
    int trace;
    enum ps_err err = open_trace(experiment, &trace, why, why_size);
    if (err != PS_OK)
        return err;
    err = begin(experiment, trace, into, why, why_size);
    if (trace >= 0)
        close(trace);
    return err;
}

static enum ps_err accepted(struct ps_live *live, uint64_t until_ns, char *why, size_t why_size)
{
    enum ps_err err = await_answer(live, until_ns, why, why_size);
    if (err == PS_OK) {
        live->threads = ps_os_threads_new(live->pid);
        live->heartbeat_at_ns = ps_now_ns();
    }
    return err;
}

enum ps_err ps_live_begun(struct ps_live *live, bool *begun, char *why, size_t why_size)
{
    uint64_t now_ns = ps_now_ns();
    enum ps_err err = accepted(live, now_ns, why, why_size);
    *begun = err == PS_OK;
    return err == PS_ETIMEDOUT && now_ns < live->begun_ns + START_NS ? PS_OK : err;
}

enum ps_err ps_live_start(const struct ps_experiment *experiment, struct ps_live **into, char *why,
                          size_t why_size)
{
    enum ps_err err = ps_live_begin(experiment, into, why, why_size);
    if (err != PS_OK)
        return err;
    err = accepted(*into, (*into)->begun_ns + START_NS, why, why_size);
    if (err != PS_OK) {
        ps_live_free(*into);
        *into = NULL;
    }
    return err;
}

/* ---- watching ---- */

struct ps_source *ps_live_source(struct ps_live *live)
{
    return &live->source;
}

void ps_live_want_latency(struct ps_live *live)
{
    live->latency_at_ns = 0;
}

int ps_live_fd(const struct ps_live *live)
{
    return live->control;
}

int ps_live_pid(const struct ps_live *live)
{
    return live->pid;
}

static void reap(struct ps_live *live, int flags)
{
    if (!live->running)
        return;
    pid_t pid;
    do
        pid = waitpid(live->pid, &live->status, flags);
    while (pid < 0 && errno == EINTR);
    if (pid == 0)
        return;
    live->running = false;
    ps_live_explain(live->segment, live->status, live->oom_kills);
}

bool ps_live_running(struct ps_live *live)
{
    reap(live, WNOHANG);
    return live->running;
}

/* A host that is alive and does not move has been stopped, or gets no CPU at all. */
static void note_silence(struct ps_live *live, uint64_t now_ns, struct ps_snapshot *snapshot)
{
    uint64_t heartbeat = atomic_load(&live->segment->heartbeat);
    if (heartbeat != live->heartbeat) {
        live->heartbeat = heartbeat;
        live->heartbeat_at_ns = now_ns;
    }
    uint64_t silent_ns = now_ns - live->heartbeat_at_ns;
    if (silent_ns >= SILENCE_NS && snapshot->message[0] == '\0')
        snprintf(snapshot->message, sizeof snapshot->message,
                 "the host has not moved for %llu s: it is stopped, or gets no CPU",
                 (unsigned long long)(silent_ns / PS_NS_PER_S));
}

static enum ps_err live_snapshot(struct ps_source *source, struct ps_snapshot *into)
{
    struct ps_live *live = (struct ps_live *)source;
    struct ps_snapshot *last = live->last;
    bool alive = ps_live_running(live);
    bool ended = atomic_load(&live->segment->phase) == PS_PHASE_ENDED;
    uint64_t now_ns = ps_now_ns();
    /* Latencies are the dear part: four times a second is what eyes can follow. */
    bool with_latency = ended || now_ns - live->latency_at_ns >= PS_NS_PER_S / 4;
    if (with_latency)
        live->latency_at_ns = now_ns;
    if (ended) /* time stands still after the end */
        now_ns = live->segment->epoch_ns + atomic_load(&live->segment->ended_ns);
    ps_snapshot_take_lately(last, live->segment, now_ns, with_latency, live->lately);
    if (alive && !ended)
        note_silence(live, now_ns, last);
    if (live->threads && alive)
        ps_os_threads_read(live->threads, last);
    else if (live->threads)
        ps_os_threads_ended(live->threads, last);
    last->seq = ++live->seq;
    ps_snapshot_copy(into, last);
    return PS_OK;
}

static size_t live_events(struct ps_source *source, struct ps_event *into, size_t max,
                          uint64_t *lost)
{
    struct ps_live *live = (struct ps_live *)source;
    size_t n = 0;
    /* A slice of each ring in turn, so that one busy worker does not hide the others. */
    for (unsigned i = 0; i <= live->segment->slots && n < max; i++) {
        unsigned slot = live->ring_turn++ % (live->segment->slots + 1);
        size_t room = max - n < EVENT_SLICE ? max - n : EVENT_SLICE;
        n += ps_ring_read(live->segment, slot, &live->ring_next[slot], into + n, room, lost);
    }
    return n;
}

static enum ps_err live_control(struct ps_source *source, const char *line, char *answer,
                                size_t size)
{
    struct ps_live *live = (struct ps_live *)source;
    char text[300];
    int length = snprintf(text, sizeof text, "%s\n", line);
    snprintf(answer, size, "%s", ps_err_text(PS_EGONE));
    if (live->control < 0 || length >= (int)sizeof text)
        return PS_EGONE;
    if (!send_all(live->control, text, (size_t)length, MSG_DONTWAIT)) {
        if (errno != EAGAIN)
            return PS_EGONE;
        snprintf(answer, size, "the host is busy");
        return PS_ETIMEDOUT;
    }
    live->late_answers++;
    uint64_t until_ns = ps_now_ns() + ANSWER_NS;
    enum ps_err err = PS_OK;
    while (live->late_answers > 0 && err == PS_OK) {
        err = read_line(live, until_ns, text, sizeof text);
        if (err == PS_OK)
            live->late_answers--;
    }
    if (err != PS_OK) {
        snprintf(answer, size, err == PS_ETIMEDOUT ? "the host is busy" : "the host has ended");
        return err;
    }
    bool ok = strcmp(text, "ok") == 0;
    snprintf(answer, size, "%s", !ok && strncmp(text, "error ", 6) == 0 ? text + 6 : text);
    return ok ? PS_OK : PS_EINVAL;
}

static const struct ps_picture *live_picture(struct ps_source *source)
{
    return ps_segment_picture(((struct ps_live *)source)->segment);
}

static const struct ps_source_ops live_ops = {
    .snapshot = live_snapshot,
    .events = live_events,
    .control = live_control,
    .picture = live_picture,
};

/* ---- ending ---- */

/* Wait for its end, kill it when the time is up, reap it. */
static void await_end(struct ps_live *live, uint64_t until_ns)
{
    struct timespec moment = ps_timespec(PS_NS_PER_MS);
    while (ps_live_running(live) && ps_now_ns() < until_ns)
        ppoll(NULL, 0, &moment, NULL);
    if (live->running) {
        kill(live->pid, SIGKILL);
        reap(live, 0);
    }
}

/* It has closed its end of the socket before it said anything. */
static void how_it_died(struct ps_live *live, char *why, size_t size)
{
    char text[PS_MESSAGE_BYTES];
    await_end(live, ps_now_ns() + PS_NS_PER_S);
    ps_segment_message(live->segment, text);
    snprintf(why, size, "the host did not start: %s", text);
}

void ps_live_stop(struct ps_live *live, bool drain, uint64_t grace_ns)
{
    if (ps_live_running(live)) {
        char answer[64];
        live_control(&live->source, drain ? "stop drain" : "stop discard", answer, sizeof answer);
        uint64_t until_ns = ps_now_ns() + grace_ns;
        char line[256];
        /* The socket's end of file is the host's last word. */
        while (read_line(live, until_ns, line, sizeof line) == PS_OK)
            ;
        await_end(live, until_ns);
    }
    if (live->control >= 0)
        close(live->control);
    live->control = -1;
}

void ps_live_ask_end(struct ps_live *live)
{
    static const char line[] = "stop discard\n";
    if (live->control >= 0 && send_all(live->control, line, sizeof line - 1, MSG_DONTWAIT))
        live->late_answers++;
}

void ps_live_kill(struct ps_live *live)
{
    if (!ps_live_running(live))
        return;
    kill(live->pid, SIGKILL);
    live->killed = true;
}

static void leave_killed(struct ps_live *live)
{
    struct timespec moment = ps_timespec(PS_NS_PER_MS);
    for (unsigned ms = 0; ms < KILLED_MS && ps_live_running(live); ms++)
        ppoll(NULL, 0, &moment, NULL);
    bury(live->running ? live->pid : 0);
    live->running = false;
}

void ps_live_free(struct ps_live *live)
{
    if (!live)
        return;
    if (live->running && live->killed)
        leave_killed(live);
    else if (live->running && live->segment)
        ps_live_stop(live, false, PS_NS_PER_S);
    if (live->control >= 0)
        close(live->control);
    ps_os_threads_free(live->threads);
    ps_segment_unmap(live->segment);
    ps_lately_free(live->lately);
    free(live->last);
    free(live);
}
