/* The timer heap against a model that looks at every timer. */
#include "support.h"

#include "base/clock.h"
#include "base/rng.h"
#include "engines/common/timer_heap.h"

enum { TIMERS = 500, STEPS = 200000 };

static void an_empty_heap_has_no_next(void **state)
{
    (void)state;
    struct ps_timer_heap heap;
    struct ps_timer timer = {0};
    ps_timers_init(&heap);
    assert_true(ps_timers_next(&heap) == PS_NEVER);
    assert_null(ps_timers_pop(&heap, PS_NEVER));
    assert_false(ps_timers_cancel(&heap, &timer));
    ps_timers_free(&heap);
}

static void nothing_is_due_early(void **state)
{
    (void)state;
    struct ps_timer_heap heap;
    struct ps_timer timer = {0};
    ps_timers_init(&heap);
    assert_int_equal(ps_timers_add(&heap, &timer, 100), PS_OK);
    assert_int_equal(ps_timers_next(&heap), 100);
    assert_null(ps_timers_pop(&heap, 99));
    assert_ptr_equal(ps_timers_pop(&heap, 100), &timer);
    assert_int_equal(timer.index, 0);
    ps_timers_free(&heap);
}

static void equal_instants_all_come_out(void **state)
{
    (void)state;
    static struct ps_timer timers[TIMERS];
    struct ps_timer_heap heap;
    ps_timers_init(&heap);
    for (size_t i = 0; i < TIMERS; i++)
        assert_int_equal(ps_timers_add(&heap, &timers[i], 7), PS_OK);
    for (size_t i = 0; i < TIMERS; i++)
        assert_non_null(ps_timers_pop(&heap, 7));
    assert_null(ps_timers_pop(&heap, 7));
    ps_timers_free(&heap);
}

static uint64_t model_next(const struct ps_timer *timers)
{
    uint64_t next = PS_NEVER;
    for (size_t i = 0; i < TIMERS; i++)
        if (timers[i].index && timers[i].when_ns < next)
            next = timers[i].when_ns;
    return next;
}

static void random_use_agrees_with_a_scan(void **state)
{
    (void)state;
    static struct ps_timer timers[TIMERS];
    struct ps_timer_heap heap;
    struct ps_rng rng = ps_rng_make(11, 0);
    size_t live = 0;
    ps_timers_init(&heap);
    for (int step = 0; step < STEPS; step++) {
        struct ps_timer *timer = &timers[ps_rng_below(&rng, TIMERS)];
        if (ps_rng_below(&rng, 8) == 0) {
            uint64_t next = model_next(timers);
            assert_true(ps_timers_next(&heap) == next);
            struct ps_timer *popped = ps_timers_pop(&heap, 5000);
            assert_true((popped != NULL) == (next <= 5000));
            if (popped) {
                assert_true(popped->when_ns == next);
                live--;
            }
        } else if (timer->index) {
            assert_true(ps_timers_cancel(&heap, timer));
            live--;
        } else {
            assert_int_equal(ps_timers_add(&heap, timer, ps_rng_below(&rng, 10000)), PS_OK);
            live++;
        }
        assert_int_equal(heap.count, live);
    }
    ps_timers_free(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_heap_has_no_next),
        cmocka_unit_test(nothing_is_due_early),
        cmocka_unit_test(equal_instants_all_come_out),
        cmocka_unit_test(random_use_agrees_with_a_scan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
