/* Error codes of every layer, with their messages: one table.
 *
 * A function that can fail returns an `enum ps_err`; PS_OK is 0. Codes say what happened, not
 * where: text for people (which file, line, key, value) is added by the layer that knows it. */
#ifndef PS_BASE_ERR_H
#define PS_BASE_ERR_H

#define PS_ERRORS(X)                                               \
    X(OK, "ok")                                                    \
    X(ENOMEM, "out of memory")                                     \
    X(EINVAL, "invalid argument")                                  \
    X(EFULL, "the queue is full")                                  \
    X(ECLOSED, "closed to new work")                               \
    X(ENOTSUP, "not supported by this engine or policy")           \
    X(ETIMEDOUT, "timed out")                                      \
    X(ECANCELED, "cancelled")                                      \
    X(EAGAIN, "a resource of the system is used up for now")       \
    X(ELIMIT, "a limit of the system forbids it")                  \
    X(EBUSY, "busy")                                               \
    X(EIO, "input/output error")                                   \
    X(EPROTO, "protocol error between poolscope and its host")     \
    X(EVERSION, "version mismatch between poolscope and its host") \
    X(ENOENT, "no such file, preset, engine or key")               \
    X(EEXIST, "exists already")                                    \
    X(EPARSE, "cannot be parsed")                                  \
    X(EGONE, "the host process has ended")

enum ps_err {
#define PS_ERR_ENUM(name, text) PS_##name,
    PS_ERRORS(PS_ERR_ENUM)
#undef PS_ERR_ENUM
        PS_ERR_COUNT
};

/* A message without a full stop, never NULL; "unknown error" for a value outside the table. */
const char *ps_err_text(enum ps_err err);

/* The table's code for an errno value; PS_EIO where there is no closer one. */
enum ps_err ps_err_from_errno(int errno_value);

#endif
