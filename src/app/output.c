#include "app/output.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONVERTER "rsvg-convert"

extern char **environ;

static enum ps_err failed(int number, const char *path, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s", path, strerror(number));
    return number == EEXIST ? PS_EEXIST : PS_EIO;
}

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

/* Make `path` anew with these bytes, durable; nothing is left behind on failure. */
static enum ps_err write_new(const char *path, const void *bytes, size_t size, char *why,
                             size_t why_size)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0)
        return failed(errno, path, why, why_size);
    bool written = write_all(fd, bytes, size) && fsync(fd) == 0;
    int number = errno;
    close(fd);
    if (written)
        return PS_OK;
    unlink(path);
    return failed(number, path, why, why_size);
}

enum ps_err ps_output_write(const char *path, const void *bytes, size_t size, bool replace,
                            char *why, size_t why_size)
{
    if (!replace)
        return write_new(path, bytes, size, why, why_size);
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.%d.tmp", path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof temporary)
        return failed(ENAMETOOLONG, path, why, why_size);
    enum ps_err err = write_new(temporary, bytes, size, why, why_size);
    if (err != PS_OK)
        return err;
    if (rename(temporary, path) == 0)
        return PS_OK;
    int number = errno;
    unlink(temporary);
    return failed(number, path, why, why_size);
}

/* A file that is not there yet: `path`, or with `replace` a name beside it, which goes into
 * temporary. */
static enum ps_err create(const char *path, bool replace, char *temporary, size_t size, int *fd,
                          char *why, size_t why_size)
{
    temporary[0] = '\0';
    int length = replace ? snprintf(temporary, size, "%s.%d.tmp", path, (int)getpid()) : 0;
    if (length < 0 || (size_t)length >= size)
        return failed(ENAMETOOLONG, path, why, why_size);
    *fd = open(replace ? temporary : path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
               0666);
    return *fd < 0 ? failed(errno, path, why, why_size) : PS_OK;
}

enum ps_err ps_output_create(const char *path, bool replace, int *fd, char *why, size_t why_size)
{
    char temporary[4096];
    enum ps_err err = create(path, replace, temporary, sizeof temporary, fd, why, why_size);
    if (err != PS_OK || !replace || rename(temporary, path) == 0)
        return err;
    int number = errno;
    unlink(temporary);
    close(*fd);
    return failed(number, path, why, why_size);
}

enum ps_err ps_output_open(struct ps_output *output, const char *path, bool replace, char *why,
                           size_t why_size)
{
    int fd;
    *output = (struct ps_output){.path = path};
    enum ps_err err =
        create(path, replace, output->temporary, sizeof output->temporary, &fd, why, why_size);
    if (err != PS_OK)
        return err;
    output->to = fdopen(fd, "w");
    if (output->to)
        return PS_OK;
    unlink(replace ? output->temporary : path);
    close(fd);
    return failed(ENOMEM, path, why, why_size);
}

void ps_output_abandon(struct ps_output *output)
{
    fclose(output->to);
    unlink(output->temporary[0] ? output->temporary : output->path);
}

enum ps_err ps_output_commit(struct ps_output *output, char *why, size_t why_size)
{
    errno = 0;
    bool written = fflush(output->to) == 0 && !ferror(output->to) &&
                   fsync(fileno(output->to)) == 0 &&
                   (!output->temporary[0] || rename(output->temporary, output->path) == 0);
    if (written)
        return fclose(output->to) == 0 ? PS_OK : failed(errno, output->path, why, why_size);
    int number = errno ? errno : EIO;
    ps_output_abandon(output);
    return failed(number, output->path, why, why_size);
}

/* Run the converter between two descriptors; an errno value, or -1 if it ran and failed. */
static int convert(char *const *argv, int in, int out)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    pid_t pid;
    int number = posix_spawnp(&pid, CONVERTER, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (number != 0)
        return number;
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static enum ps_err explain(int number, char *why, size_t why_size)
{
    if (number == 0)
        return PS_OK;
    if (number == ENOENT)
        snprintf(why, why_size,
                 "PNG needs " CONVERTER " (package librsvg2-bin); .svg and .txt do not");
    else
        snprintf(why, why_size, CONVERTER ": %s", number > 0 ? strerror(number) : "it failed");
    return number == ENOENT ? PS_ENOENT : PS_EIO;
}

enum ps_err ps_png_available(char *why, size_t why_size)
{
    char *const argv[] = {CONVERTER, "--version", NULL};
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0)
        return explain(errno, why, why_size);
    int number = convert(argv, null, null);
    close(null);
    return explain(number, why, why_size);
}

/* Through files in memory: no pipe can fill up, and no name is left behind. */
enum ps_err ps_png_from_svg(const char *svg, void **png, size_t *size, char *why, size_t why_size)
{
    char *const argv[] = {CONVERTER, "-z", "2", "-f", "png", NULL};
    int in = memfd_create("poolscope-svg", MFD_CLOEXEC);
    int out = memfd_create("poolscope-png", MFD_CLOEXEC);
    enum ps_err err = PS_EIO;
    snprintf(why, why_size, "cannot make a temporary file: %s", strerror(errno));
    if (in >= 0 && out >= 0 && write_all(in, svg, strlen(svg)) && lseek(in, 0, SEEK_SET) == 0)
        err = explain(convert(argv, in, out), why, why_size);
    struct stat info;
    if (err == PS_OK && fstat(out, &info) == 0) {
        *size = (size_t)info.st_size;
        *png = malloc(*size ? *size : 1);
        if (!*png || pread(out, *png, *size, 0) != (ssize_t)*size) {
            free(*png);
            snprintf(why, why_size, "cannot read what " CONVERTER " made");
            err = PS_EIO;
        }
    }
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    return err;
}
