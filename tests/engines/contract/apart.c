#include "engines/contract/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct setup {
    int pid, fd; /* of the test's process: the pipe to write notes to */
};

struct rig_apart {
    struct ps_process_config config;
    struct setup setup;
    int read_fd;
    pthread_t listener;
};

struct note {
    uint32_t what, outcome;
};

/* ---- the test ---- */

static void take(struct rig *rig, struct note note)
{
    if (note.what == APART_RELEASED) {
        rig_released(rig, (enum ps_outcome)note.outcome);
    } else if (note.what == APART_MARK) {
        rig_mark(rig);
    } else {
        pthread_mutex_lock(&rig->lock);
        rig->made++;
        pthread_mutex_unlock(&rig->lock);
    }
}

static void *listen_to_notes(void *argument)
{
    struct rig *rig = argument;
    struct note note;
    ssize_t n;
    while ((n = read(rig->apart->read_fd, &note, sizeof note)) != 0)
        if (n == (ssize_t)sizeof note)
            take(rig, note);
        else if (errno != EINTR)
            abort();
    return NULL;
}

const struct ps_process_config *rig_apart_open(struct rig *rig)
{
    static const char *const argv[] = {"/proc/self/exe", APART_WORKER, NULL};
    struct rig_apart *apart = calloc(1, sizeof *apart);
    int pipe_fds[2];
    if (!apart || pipe2(pipe_fds, O_CLOEXEC) != 0)
        abort();
    apart->read_fd = pipe_fds[0];
    apart->setup = (struct setup){(int)getpid(), pipe_fds[1]};
    apart->config = (struct ps_process_config){
        .argv = argv,
        .segment_fd = rig->segment_fd,
        .setup = &apart->setup,
        .setup_bytes = sizeof apart->setup,
        .task_bytes = sizeof(struct job),
    };
    rig->apart = apart;
    if (pthread_create(&apart->listener, NULL, listen_to_notes, rig) != 0)
        abort();
    return &apart->config;
}

void rig_apart_close(struct rig *rig)
{
    struct rig_apart *apart = rig->apart;
    if (!apart)
        return;
    close(apart->setup.fd);
    pthread_join(apart->listener, NULL);
    close(apart->read_fd);
    free(apart);
    rig->apart = NULL;
}

/* ---- what crosses ---- */

struct there {
    intptr_t step;
    long number;
};

struct back {
    unsigned started, phase;
    long number;
};

static intptr_t distance(job_step *step)
{
    return (intptr_t)step - (intptr_t)step_nothing;
}

size_t job_pack(struct ps_task *task, void *message)
{
    const struct job *job = (struct job *)task;
    struct there there = {distance(job->step), job->number};
    memcpy(message, &there, sizeof there);
    return sizeof there;
}

void job_returned(struct ps_task *task, const void *message, size_t bytes)
{
    struct job *job = (struct job *)task;
    struct back back;
    assert_int_equal(bytes, sizeof back);
    memcpy(&back, message, sizeof back);
    atomic_store(&job->started, back.started);
    job->phase = back.phase;
    job->number = back.number;
}

/* ---- a worker ---- */

static struct rig own = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static int notes = -1;

void rig_apart_tell(struct rig *rig, enum apart_note note, enum ps_outcome outcome)
{
    struct note text = {note, outcome};
    if (rig == &own && write(notes, &text, sizeof text) != (ssize_t)sizeof text)
        abort();
}

static enum ps_err open_worker(const struct ps_process_place *place, void **user, char *why,
                               size_t why_size)
{
    struct setup setup;
    char path[64];
    memcpy(&setup, place->setup, sizeof setup);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", setup.pid, setup.fd);
    notes = open(path, O_WRONLY | O_CLOEXEC);
    if (notes < 0)
        snprintf(why, why_size, "%s cannot be opened", path);
    own.engine = place->engine;
    own.segment = place->segment;
    *user = &own;
    return notes < 0 ? PS_EIO : PS_OK;
}

static void unpack(void *user, const void *message, size_t bytes, void *memory)
{
    struct there there;
    struct job *job = memory;
    (void)bytes;
    memcpy(&there, message, sizeof there);
    memset(job, 0, sizeof *job);
    ps_task_init(&job->task, &rig_body, 0, 0);
    job->rig = user;
    job->step = (job_step *)((intptr_t)step_nothing + there.step);
    job->number = there.number;
}

static size_t reply(void *user, const struct ps_task *task, void *message)
{
    const struct job *job = (const struct job *)task;
    struct back back = {atomic_load(&((struct job *)job)->started), job->phase, job->number};
    (void)user;
    memcpy(message, &back, sizeof back);
    return sizeof back;
}

static void close_worker(void *user)
{
    (void)user;
    while (own.jobs) {
        struct job *job = own.jobs;
        own.jobs = job->next;
        free(job);
    }
    close(notes);
}

int rig_apart_worker(void)
{
    static const struct ps_process_ops ops = {
        .task_bytes = sizeof(struct job),
        .open = open_worker,
        .unpack = unpack,
        .reply = reply,
        .close = close_worker,
    };
    return ps_process_worker(&ops);
}
