/* The engines from outside their tree: children sleep, yield and report over a channel, an echo task
 * serves a socket, a scope is cancelled, the parent joins them all, and
 * the counts are read. usage: example ENGINE */
#include <engines/chan.h>
#include <engines/engine.h>
#include <engines/scope.h>
#include <metrics/snapshot.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHILDREN = 100 };

static struct ps_engine *engine;
static struct ps_chan reports;
static struct ps_task root, echo, child[CHILDREN], part;
static struct ps_scope_member member;
static struct ps_mutex mutex;
static unsigned long finished; /* under mutex */
static int socket_pair[2];
static _Atomic bool good = true;

static void child_run(struct ps_task *task)
{
    struct ps_wait nap = {.kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP};
    struct ps_wait yield = {.kind = PS_WAIT_YIELD, .why = PS_STATE_RUN};
    nap.until_ns = ps_now_ns() + PS_NS_PER_MS;
    ps_wait(task, &nap);
    ps_wait(task, &yield);
    ps_mutex_lock(&mutex, task, PS_NEVER);
    finished++;
    ps_mutex_unlock(&mutex);
    ps_chan_send(&reports, task, task->user, PS_NEVER);
}

static void echo_run(struct ps_task *task)
{
    char byte;
    struct ps_wait readable = {.kind = PS_WAIT_FD, .why = PS_STATE_NET, .until_ns = PS_NEVER};
    readable.fd = socket_pair[1];
    readable.events = POLLIN;
    if (ps_wait(task, &readable) != PS_OK || read(socket_pair[1], &byte, 1) != 1 ||
        write(socket_pair[1], &byte, 1) != 1)
        task->outcome = PS_FAILED;
    ps_engine_forget_fd(engine, socket_pair[1]);
}

static void spawn(struct ps_task *parent, struct ps_task *task, const struct ps_body *body)
{
    static uint32_t id;
    ps_task_init(task, body, ++id, 0);
    task->parent = parent;
    task->user = task;
    good &= ps_submit(engine, task, PS_NEVER) == PS_OK;
}

static void sleeper_run(struct ps_task *task)
{
    struct ps_wait sleep = {.kind = PS_WAIT_UNTIL, .why = PS_STATE_SLEEP, .until_ns = PS_NEVER};
    if (ps_wait(task, &sleep) == PS_ECANCELED)
        ps_task_give_up(task);
}

static void cancel_a_scope(struct ps_task *task)
{
    static const struct ps_body body = {.name = "sleeper", .run = sleeper_run};
    struct ps_scope scope;
    ps_scope_open(&scope, NULL, task);
    ps_task_init(&part, &body, 0, 0);
    good &= ps_scope_submit(&scope, engine, &member, &part, PS_NEVER) == PS_OK;
    ps_scope_cancel(&scope);
    good &= ps_scope_wait(&scope, task, PS_NEVER) == PS_OK;
    ps_scope_close(&scope);
}

static void root_run(struct ps_task *task)
{
    static const struct ps_body child_body = {.name = "child", .run = child_run};
    static const struct ps_body echo_body = {.name = "echo", .run = echo_run};
    struct ps_wait join = {.kind = PS_WAIT_JOIN, .why = PS_STATE_JOIN, .until_ns = PS_NEVER};
    void *who;
    spawn(task, &echo, &echo_body);
    for (int i = 0; i < CHILDREN; i++)
        spawn(task, &child[i], &child_body);
    for (int i = 0; i < CHILDREN; i++)
        good &= ps_chan_receive(&reports, task, &who, PS_NEVER) == PS_OK;
    good &= ps_wait(task, &join) == PS_OK && finished == CHILDREN;
    cancel_a_scope(task);
}

int main(int argc, char **argv)
{
    static const struct ps_body root_body = {.name = "root", .run = root_run};
    static const char *const types[] = {"task"};
    const struct ps_engine_ops *ops = ps_engine_find(argc > 1 ? argv[1] : "green");
    struct ps_engine_config config = {.workers = 4, .queue = 1024, .help = true};
    struct ps_snapshot *seen = calloc(1, sizeof *seen);
    char byte = 'x';
    int fd;
    if (!ops || !seen || ps_segment_create(4, 1, types, &fd, &config.segment) != PS_OK ||
        ps_chan_init(&reports, 0) != PS_OK || socketpair(AF_UNIX, SOCK_STREAM, 0, socket_pair) ||
        ps_engine_create(ops, &config, &engine) != PS_OK || ps_engine_start(engine) != PS_OK)
        return 2;
    ps_mutex_init(&mutex);
    spawn(NULL, &root, &root_body);
    good &= write(socket_pair[0], &byte, 1) == 1 && read(socket_pair[0], &byte, 1) == 1;
    ps_engine_close(engine, PS_CLOSE_DRAIN);
    good &= ps_engine_stop(engine, ps_now_ns() + 30 * (uint64_t)PS_NS_PER_S) == PS_OK;
    ps_snapshot_take(seen, config.segment, ps_now_ns(), true);
    printf("%s: %lu submitted, %lu completed, median service time %lu us\n", ops->name,
           (unsigned long)seen->totals.submitted, (unsigned long)seen->totals.ended[PS_COMPLETED],
           (unsigned long)(ps_hist_quantile(&seen->latency.service, 0.5) / PS_NS_PER_US));
    good &= seen->totals.ended[PS_COMPLETED] == CHILDREN + 2 &&
            seen->totals.ended[PS_CANCELLED] == 1 && ps_totals_conserved(&seen->totals);
    ps_engine_destroy(engine);
    ps_chan_destroy(&reports);
    ps_segment_unmap(config.segment);
    free(seen);
    return good ? 0 : 1;
}
