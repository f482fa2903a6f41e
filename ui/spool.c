#include "ui/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool ps_spool_open(struct ps_spool *spool, int terminal)
{
    char path[40];
    *spool = (struct ps_spool){.terminal = terminal, .out = -1, .file = -1};
    spool->fd = fcntl(terminal, F_DUPFD_CLOEXEC, 3);
    if (spool->fd < 0)
        return false;
    spool->file = memfd_create("poolscope-frame", MFD_CLOEXEC);
    /* A description of its own: O_NONBLOCK on ours would be the shell's, too. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", terminal);
    spool->out = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    return true;
}

void ps_spool_close(struct ps_spool *spool)
{
    if (spool->file >= 0)
        close(spool->file);
    if (spool->out >= 0)
        close(spool->out);
    free(spool->bytes);
    *spool = (struct ps_spool){.fd = -1, .out = -1, .file = -1};
}

void ps_spool_begin(struct ps_spool *spool)
{
    if (spool->file >= 0)
        dup3(spool->file, spool->fd, O_CLOEXEC);
}

/* A terminal that is gone takes everything; reading says that it is gone. */
bool ps_spool_flush(struct ps_spool *spool, int patience_ms)
{
    int fd = spool->out >= 0 ? spool->out : spool->terminal;
    while (spool->at < spool->end) {
        ssize_t n = write(fd, spool->bytes + spool->at, spool->end - spool->at);
        if (n > 0) {
            spool->at += (size_t)n;
        } else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            struct pollfd ready = {.fd = fd, .events = POLLOUT};
            if (poll(&ready, 1, patience_ms) == 0)
                return false;
        } else if (n == 0 || errno != EINTR) {
            spool->at = spool->end;
        }
    }
    return true;
}

static bool make_room(struct ps_spool *spool, size_t size)
{
    if (size <= spool->room)
        return true;
    char *bytes = realloc(spool->bytes, size);
    if (!bytes)
        return false;
    spool->bytes = bytes;
    spool->room = size;
    return true;
}

/* Empty the memory file into bytes + at; returns how many there were. */
static size_t take(struct ps_spool *spool, size_t at, size_t size)
{
    ssize_t n = size > 0 ? pread(spool->file, spool->bytes + at, size, 0) : 0;
    if (ftruncate(spool->file, 0) != 0 || lseek(spool->file, 0, SEEK_SET) != 0 || n < 0)
        return 0;
    return (size_t)n;
}

void ps_spool_end(struct ps_spool *spool, const char *before, const char *after)
{
    size_t head = strlen(before), tail = strlen(after);
    off_t size = spool->file >= 0 ? lseek(spool->file, 0, SEEK_CUR) : 0;
    if (spool->file >= 0)
        dup3(spool->terminal, spool->fd, O_CLOEXEC);
    if (size < 0 || !make_room(spool, head + (size_t)size + tail))
        return;
    memcpy(spool->bytes, before, head);
    size_t used = head;
    if (spool->file >= 0)
        used += take(spool, head, (size_t)size);
    memcpy(spool->bytes + used, after, tail);
    spool->at = 0;
    spool->end = used + tail;
    ps_spool_flush(spool, PS_SPOOL_PATIENCE_MS);
}
