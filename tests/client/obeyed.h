/* Orders to real hosts, by tests that look at what has come of them. */
#ifndef PS_TESTS_CLIENT_OBEYED_H
#define PS_TESTS_CLIENT_OBEYED_H

#include "base/clock.h"
#include "client/live.h"
#include "support.h"

/* A control line that was not answered in time is the host's all the same, which has had no CPU. It
 * takes lines in turn: when it answers a later one, it has done what the earlier said. */
static inline void obeyed(struct ps_live *live)
{
    struct ps_source *source = ps_live_source(live);
    char answer[256];
    enum ps_err err;
    uint64_t until_ns = ps_now_ns() + 30 * (uint64_t)PS_NS_PER_S;
    do
        err = source->ops->control(source, "ping", answer, sizeof answer);
    while (err == PS_ETIMEDOUT && ps_now_ns() < until_ns);
    assert_int_not_equal(err, PS_ETIMEDOUT);
}

/* One that is not refused. */
static inline void order(struct ps_live *live, const char *line)
{
    struct ps_source *source = ps_live_source(live);
    char answer[256];
    enum ps_err err = source->ops->control(source, line, answer, sizeof answer);
    if (err == PS_ETIMEDOUT)
        obeyed(live);
    else if (err != PS_OK)
        fail_msg("'%s' was answered '%s'", line, answer);
}

#endif
