#include "base/err.h"

#include <errno.h>

static const char *const texts[PS_ERR_COUNT] = {
#define PS_ERR_TEXT(name, text) [PS_##name] = text,
    PS_ERRORS(PS_ERR_TEXT)
#undef PS_ERR_TEXT
};

const char *ps_err_text(enum ps_err err)
{
    if ((unsigned)err >= PS_ERR_COUNT)
        return "unknown error";
    return texts[err];
}

enum ps_err ps_err_from_errno(int errno_value)
{
    switch (errno_value) {
    case 0:
        return PS_OK;
    case ENOMEM:
        return PS_ENOMEM;
    case EINVAL:
        return PS_EINVAL;
    case EAGAIN:
        return PS_EAGAIN;
    case EMFILE:
    case ENFILE:
    case ENOSPC:
        return PS_ELIMIT;
    case ENOENT:
        return PS_ENOENT;
    case EEXIST:
        return PS_EEXIST;
    case ETIMEDOUT:
        return PS_ETIMEDOUT;
    case EBUSY:
        return PS_EBUSY;
    case ENOTSUP:
        return PS_ENOTSUP;
    default:
        return PS_EIO;
    }
}
