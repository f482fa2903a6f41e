#include "ui/tape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct reel {
    struct ps_recorder *recorder; /* NULL: none */
    int fd;                       /* of its memory; the recorder has one of its own */
    uint64_t begun_ns;            /* instant of its first snapshot; 0: none yet */
};

struct ps_tape {
    const char *preset;
    const struct ps_experiment *experiment;
    struct reel old, young; /* young: begun when old was PS_TAPE_BEFORE_NS old; maybe none */
    uint64_t newest_ns;
    bool held, stopped;
};

static void unwind(struct reel *reel)
{
    char why[200];
    if (reel->recorder)
        ps_recorder_finish(reel->recorder, why, sizeof why);
    if (reel->fd >= 0)
        close(reel->fd);
    *reel = (struct reel){.fd = -1};
}

static enum ps_err wind(const struct ps_tape *tape, struct reel *reel, char *why, size_t why_size)
{
    *reel = (struct reel){.fd = memfd_create("poolscope-tape", MFD_CLOEXEC)};
    int own = reel->fd >= 0 ? fcntl(reel->fd, F_DUPFD_CLOEXEC, 0) : -1;
    enum ps_err err = PS_EIO;
    if (own < 0)
        snprintf(why, why_size, "no memory for a recording: %s", strerror(errno));
    else
        err = ps_recorder_new(own, tape->preset, tape->experiment, &reel->recorder, why, why_size);
    if (err == PS_OK)
        return PS_OK;
    if (reel->fd >= 0)
        close(reel->fd);
    *reel = (struct reel){.fd = -1};
    return err;
}

struct ps_tape *ps_tape_new(const char *preset, const struct ps_experiment *experiment, char *why,
                            size_t why_size)
{
    struct ps_tape *tape = calloc(1, sizeof *tape);
    if (!tape) {
        snprintf(why, why_size, "%s", ps_err_text(PS_ENOMEM));
        return NULL;
    }
    *tape = (struct ps_tape){.preset = preset, .experiment = experiment, .young = {.fd = -1}};
    if (wind(tape, &tape->old, why, why_size) == PS_OK)
        return tape;
    free(tape);
    return NULL;
}

void ps_tape_free(struct ps_tape *tape)
{
    if (!tape)
        return;
    unwind(&tape->old);
    unwind(&tape->young);
    free(tape);
}

/* A second recorder that cannot be had means a tape that grows: it is tried again at each turn. */
static void take_turns(struct ps_tape *tape, uint64_t now_ns)
{
    char why[200];
    if (tape->held || now_ns < tape->old.begun_ns + PS_TAPE_BEFORE_NS)
        return;
    if (!tape->young.recorder) {
        wind(tape, &tape->young, why, sizeof why);
    } else if (now_ns >= tape->old.begun_ns + 2 * PS_TAPE_BEFORE_NS &&
               now_ns >= tape->young.begun_ns + PS_TAPE_BEFORE_NS) {
        unwind(&tape->old);
        tape->old = tape->young;
        tape->young = (struct reel){.fd = -1};
        wind(tape, &tape->young, why, sizeof why);
    }
}

static void feed(struct reel *reel, const struct ps_snapshot *snapshot)
{
    if (!reel->recorder)
        return;
    if (!reel->begun_ns)
        reel->begun_ns = snapshot->at_ns;
    ps_recorder_snapshot(reel->recorder, snapshot);
}

void ps_tape_snapshot(struct ps_tape *tape, const struct ps_snapshot *snapshot)
{
    if (tape->stopped)
        return;
    tape->newest_ns = snapshot->at_ns;
    if (tape->old.begun_ns)
        take_turns(tape, snapshot->at_ns);
    feed(&tape->old, snapshot);
    feed(&tape->young, snapshot);
}

void ps_tape_events(struct ps_tape *tape, const struct ps_event *events, size_t count,
                    uint64_t lost)
{
    if (tape->stopped)
        return;
    if (tape->old.recorder)
        ps_recorder_events(tape->old.recorder, events, count, lost);
    if (tape->young.recorder)
        ps_recorder_events(tape->young.recorder, events, count, lost);
}

void ps_tape_hold(struct ps_tape *tape)
{
    tape->held = true;
    unwind(&tape->young);
}

void ps_tape_stop(struct ps_tape *tape)
{
    tape->stopped = true;
}

static bool copy(int from, int to)
{
    char bytes[65536];
    ssize_t n;
    off_t at = 0;
    while ((n = pread(from, bytes, sizeof bytes, at)) > 0) {
        at += n;
        for (ssize_t done = 0, put; done < n; done += put) {
            put = write(to, bytes + done, (size_t)(n - done));
            if (put < 0)
                return false;
        }
    }
    return n == 0;
}

/* PS_EIO: there is no file. */
static enum ps_err write_file(int from, const char *path, char *why, size_t why_size)
{
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    bool good = to >= 0 && copy(from, to);
    int error = errno;
    if (to >= 0 && close(to) != 0 && good) {
        good = false;
        error = errno;
    }
    if (good)
        return PS_OK;
    snprintf(why, why_size, "%s: %s", path, strerror(error));
    if (to >= 0)
        unlink(path);
    return PS_EIO;
}

enum ps_err ps_tape_save(struct ps_tape *tape, const char *path, double *seconds, char *why,
                         size_t why_size)
{
    struct reel *reel = &tape->old;
    *seconds = (double)(tape->newest_ns - reel->begun_ns) * 1e-9;
    tape->stopped = true;
    if (reel->recorder) {
        enum ps_err err = ps_recorder_finish(reel->recorder, why, why_size);
        reel->recorder = NULL;
        if (err != PS_OK)
            return err;
    }
    return write_file(reel->fd, path, why, why_size);
}
