#include "hosts.h"

#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "host/host.h"
#include "obeyed.h"

struct ps_snapshot host_seen;

struct ps_experiment host_experiment_of(const char *text, const char *const *pairs)
{
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_parse(&e, ps_host_vocabulary(), "test", text, strlen(text), &complaints),
        PS_OK);
    for (; pairs && *pairs; pairs += 2)
        assert_int_equal(
            ps_experiment_set(&e, ps_host_vocabulary(), pairs[0], pairs[1], "test", &complaints),
            PS_OK);
    return e;
}

struct ps_experiment host_experiment_with(const char *const *pairs)
{
    return host_experiment_of("[preset]\ntitle = test\n[engine]\nname = threadpool\nworkers = 4\n"
                              "[arrivals]\nrate = 500/s\n[task work]\n"
                              "steps = cpu 200us, sleep 1ms\n[run]\nduration = 0\n",
                              pairs);
}

struct ps_live *host_start(struct ps_experiment experiment)
{
    struct ps_live *live;
    char why[512] = "";
    if (ps_live_start(&experiment, &live, why, sizeof why) != PS_OK)
        fail_msg("%s", why);
    return live;
}

void host_look(struct ps_live *live)
{
    struct ps_source *source = ps_live_source(live);
    assert_int_equal(source->ops->snapshot(source, &host_seen), PS_OK);
}

bool host_ended(void)
{
    return host_seen.phase == PS_PHASE_ENDED;
}

bool host_has_completed_some(void)
{
    return host_seen.totals.ended[PS_COMPLETED] > 20;
}

void host_until(struct ps_live *live, bool (*predicate)(void), const char *what)
{
    uint64_t give_up = ps_now_ns() + PATIENCE_NS;
    for (;;) {
        host_look(live);
        if (predicate())
            return;
        if (ps_now_ns() > give_up)
            fail_msg("never came: %s (message: %s)", what, host_seen.message);
        poll(NULL, 0, 2);
    }
}

void host_tell(struct ps_live *live, const char *line, enum ps_err expected, const char *part)
{
    struct ps_source *source = ps_live_source(live);
    char answer[256];
    enum ps_err err;
    /* A line that is refused, or asks, may be sent again. */
    bool again = (expected != PS_OK && expected != PS_ETIMEDOUT) || strcmp(line, "ping") == 0;
    do
        err = source->ops->control(source, line, answer, sizeof answer);
    while (err == PS_ETIMEDOUT && again);
    if (err == PS_ETIMEDOUT && expected == PS_OK) {
        obeyed(live);
        return;
    }
    if (err != expected || !strstr(answer, part))
        fail_msg("'%s' was answered %d '%s', expected %d '%s'", line, err, answer, expected, part);
}
