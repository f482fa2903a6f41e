/* threadpool:bulkhead at its most: every task type has a compartment of its own. */
#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "engines/engine.h"

enum { WORKERS = PS_MAX_TYPES + 1 };

struct visit {
    struct ps_task task;
    int worker;
};

static void run(struct ps_task *task)
{
    ((struct visit *)task)->worker = ps_worker_self();
}

static const struct ps_body body = {.name = "visit", .run = run};

static void every_type_has_its_own_worker(void **state)
{
    (void)state;
    const char *names[PS_MAX_TYPES];
    struct ps_segment *segment;
    struct ps_engine *engine;
    int fd;
    for (unsigned type = 0; type < PS_MAX_TYPES; type++)
        names[type] = "t";
    assert_int_equal(ps_segment_create(WORKERS, PS_MAX_TYPES, names, &fd, &segment), PS_OK);
    const struct ps_engine_ops *ops = ps_engine_find("threadpool");
    struct ps_engine_config config = {.policy = ps_policy_find(ops, "bulkhead"),
                                      .workers = WORKERS,
                                      .queue = 64,
                                      .segment = segment};
    for (unsigned type = 0; type < PS_MAX_TYPES; type++)
        config.reserve[type] = 1;
    assert_int_equal(ps_engine_create(ops, &config, &engine), PS_OK);
    assert_int_equal(ps_engine_start(engine), PS_OK);
    struct visit *visit = calloc(PS_MAX_TYPES, sizeof *visit);
    for (unsigned type = 0; type < PS_MAX_TYPES; type++) {
        ps_task_init(&visit[type].task, &body, type, (uint16_t)type);
        assert_int_equal(ps_submit(engine, &visit[type].task, 0), PS_OK);
    }
    ps_engine_close(engine, PS_CLOSE_DRAIN);
    assert_int_equal(ps_engine_stop(engine, PS_NEVER), PS_OK);
    for (unsigned type = 0; type < PS_MAX_TYPES; type++)
        assert_int_equal(visit[type].worker, type); /* reserved workers have the lowest slots */
    free(visit);
    ps_engine_destroy(engine);
    ps_segment_unmap(segment);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_its_own_worker),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
