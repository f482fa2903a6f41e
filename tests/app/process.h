/* Programs under test: started with pipes, read to their end, with deadlines instead of sleeps. */
#ifndef PS_TESTS_APP_PROCESS_H
#define PS_TESTS_APP_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROCESS_ARGUMENTS 24

struct stream {
    int fd;     /* read end of a pipe; -1: closed */
    char *text; /* so far, NUL-terminated */
    size_t size;
};

struct process {
    pid_t pid;
    struct stream out, err;
};

struct process_result {
    int code;        /* exit status, or 128 + the signal that killed it */
    char *out, *err; /* NUL-terminated; owner: the caller, process_result_free */
    size_t out_size, err_size;
};

/* Start poolscope with these arguments (NULL-terminated). Standard input is /dev/null; standard
 * output is a pipe, or out_fd if that is not -1 (-2: closed). Reports of sanitizers in the host
 * reach standard error. Fails the test if it cannot start. */
struct process process_start(const char *const *arguments, int out_fd);

/* Read until standard output holds this text; fails the test after `seconds`. */
void process_expect(struct process *process, const char *text, double seconds);

/* Read all it writes and wait for its end; kills it and fails the test after `seconds`. */
struct process_result process_finish(struct process *process, double seconds);
void process_result_free(struct process_result *result);

/* start and finish. */
struct process_result process_run(const char *const *arguments, double seconds);

/* The child `poolscope host` of a process; waits for it up to `seconds`, 0: there is none. */
pid_t process_host(pid_t parent, double seconds);

/* Whether a process has ended (or is a zombie that waits for its parent), within `seconds`. */
bool process_gone(pid_t pid, double seconds);

#endif
