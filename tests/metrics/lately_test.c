/* What types and workers took lately, against a segment that is filled here. */
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "metrics/lately.h"
#include "support.h"

static const char *const names[] = {"mouse", "elephant"};
enum { MOUSE, ELEPHANT };

struct fixture {
    int fd;
    struct ps_segment *segment;
    struct ps_lately *lately;
    struct ps_snapshot *snapshot;
    uint64_t ms; /* since the start */
};

static void look(struct fixture *f)
{
    ps_snapshot_take_lately(f->snapshot, f->segment, f->segment->epoch_ns + f->ms * PS_NS_PER_MS,
                            true, f->lately);
}

/* Four looks a second, as a screen has them. */
static void wait_ms(struct fixture *f, unsigned ms)
{
    for (unsigned gone = 0; gone < ms; gone += 250) {
        f->ms += 250;
        look(f);
    }
}

static void run_tasks(struct fixture *f, unsigned slot, unsigned type, unsigned count,
                      uint64_t service_ms)
{
    struct ps_type_cell *cell = ps_segment_type(f->segment, slot, type);
    for (unsigned i = 0; i < count; i++) {
        ps_hist_record(&cell->service, service_ms * PS_NS_PER_MS);
        ps_hist_record(&cell->queueing, PS_NS_PER_MS);
        ps_hist_record(&cell->response, (service_ms + 1) * PS_NS_PER_MS);
    }
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->snapshot = calloc(1, sizeof *f->snapshot);
    f->lately = ps_lately_new();
    assert_non_null(f->lately);
    assert_int_equal(ps_segment_create(2, 2, names, &f->fd, &f->segment), PS_OK);
    for (unsigned slot = 0; slot < 2; slot++)
        atomic_store(&ps_segment_cell(f->segment, slot)->tid, 100 + slot);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    ps_lately_free(f->lately);
    ps_segment_unmap(f->segment);
    close(f->fd);
    free(f->snapshot);
    free(f);
    return 0;
}

static void near(uint64_t ns, double ms)
{
    assert_true((double)ns > 0.98e6 * ms && (double)ns < 1.02e6 * ms);
}

static void a_young_run_is_its_own_window(void **state)
{
    struct fixture *f = *state;
    run_tasks(f, 0, MOUSE, 100, 2); /* before anybody looked */
    wait_ms(f, 1000);
    run_tasks(f, 1, MOUSE, 100, 2);
    wait_ms(f, 8000);
    const struct ps_times_view *t = &f->snapshot->type[MOUSE].lately_response;
    assert_int_equal(t->count, 200);
    near(t->mean_ns, 3);
    near(t->p50_ns, 3);
    assert_int_equal(f->snapshot->type[ELEPHANT].lately_response.count, 0);
    assert_int_equal(f->snapshot->worker[0].lately_service.count, 100);
    near(f->snapshot->worker[1].lately_service.p99_ns, 2);
    near(f->snapshot->worker[1].lately_queueing.p99_ns, 1);
}

static void what_is_older_than_the_window_is_forgotten(void **state)
{
    struct fixture *f = *state;
    run_tasks(f, 0, MOUSE, 1000, 2);
    wait_ms(f, 12000);
    run_tasks(f, 0, MOUSE, 50, 40);
    wait_ms(f, 500);
    const struct ps_type_view *type = &f->snapshot->type[MOUSE];
    assert_int_equal(type->lately_service.count, 50);
    near(type->lately_service.p50_ns, 40);
    near(type->lately_service.max_ns, 40);
    near(type->lately_response.mean_ns, 41);
    near(type->service_p50_ns, 2); /* of the whole run */
    assert_int_equal(f->snapshot->worker[0].lately_service.count, 50);
    near(f->snapshot->worker[0].lately_service.mean_ns, 40);
    wait_ms(f, 10000);
    assert_int_equal(type->lately_service.count, 0);
    assert_int_equal(type->lately_service.p99_ns, 0);
}

/* At least 8 s, at most 10. */
static void the_window_has_its_length(void **state)
{
    struct fixture *f = *state;
    wait_ms(f, 30000);
    run_tasks(f, 1, ELEPHANT, 7, 5);
    for (unsigned ms = 250; ms <= 12000; ms += 250) {
        wait_ms(f, 250);
        uint64_t count = f->snapshot->type[ELEPHANT].lately_service.count;
        if (ms <= 8000)
            assert_int_equal(count, 7);
        if (ms > 10000)
            assert_int_equal(count, 0);
    }
}

/* Nobody looked for a minute; and the last snapshot of a run is dated back to its end. */
static void gaps_and_steps_back_do_no_harm(void **state)
{
    struct fixture *f = *state;
    run_tasks(f, 0, MOUSE, 10, 2);
    wait_ms(f, 5000);
    f->ms += 60000;
    run_tasks(f, 0, MOUSE, 20, 2);
    look(f);
    assert_int_equal(f->snapshot->type[MOUSE].lately_service.count, 20);
    f->ms -= 300;
    run_tasks(f, 0, MOUSE, 5, 2);
    look(f);
    uint64_t count = f->snapshot->type[MOUSE].lately_service.count;
    assert_true(count == 25 || count == 5);
    assert_int_equal(f->snapshot->type[MOUSE].timed, 35);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_young_run_is_its_own_window),
        TEST(what_is_older_than_the_window_is_forgotten),
        TEST(the_window_has_its_length),
        TEST(gaps_and_steps_back_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
