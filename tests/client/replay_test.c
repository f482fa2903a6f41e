/* A replay is a source that plays by a clock: what it shows at which time, paused, stepped, sought. */
#include <stdlib.h>
#include <string.h>

#include "support.h"

#include "client/recording_make.h"
#include "client/replay.h"

enum { SNAPSHOTS = 200 };

struct fixture {
    uint8_t *bytes;
    struct ps_recording *recording;
    struct ps_replay *replay;
    struct ps_snapshot *seen;
};

static uint64_t clock_ns;
static uint64_t test_clock(void)
{
    return clock_ns;
}

static int begin(void **state)
{
    char why[200];
    size_t size;
    struct fixture *f = calloc(1, sizeof *f);
    f->bytes = recording_make(11, SNAPSHOTS, 2, &size);
    f->seen = calloc(1, sizeof *f->seen);
    if (ps_recording_open_bytes(f->bytes, size, true, &f->recording, why, sizeof why) != PS_OK)
        return -1;
    f->replay = ps_replay_new(f->recording);
    clock_ns = 1000;
    ps_replay_clock(f->replay, test_clock);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    ps_replay_free(f->replay);
    ps_recording_close(f->recording);
    free(f->bytes);
    free(f->seen);
    free(f);
    return 0;
}

/* The number of the recorded snapshot that is shown, from its instant. */
static unsigned shown(struct fixture *f)
{
    struct ps_source *source = ps_replay_source(f->replay);
    uint64_t before = f->seen->seq;
    assert_int_equal(source->ops->snapshot(source, f->seen), PS_OK);
    assert_true(f->seen->seq >= before);
    assert_int_equal(f->seen->at_ns % RECORDING_PERIOD_NS, 0);
    return (unsigned)(f->seen->at_ns / RECORDING_PERIOD_NS);
}

static void it_plays_by_the_clock(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(shown(f), 1);
    clock_ns += RECORDING_PERIOD_NS - 1;
    assert_int_equal(shown(f), 1);
    clock_ns += 1;
    assert_int_equal(shown(f), 2);
    clock_ns += 10 * RECORDING_PERIOD_NS; /* a slow screen sees the newest */
    assert_int_equal(shown(f), 12);
    ps_replay_speed(f->replay, 4);
    clock_ns += RECORDING_PERIOD_NS;
    assert_int_equal(shown(f), 16);
    ps_replay_speed(f->replay, 0.5);
    clock_ns += 4 * RECORDING_PERIOD_NS;
    assert_int_equal(shown(f), 18);
    assert_true(ps_replay_running(f->replay));
    clock_ns += 1000 * RECORDING_PERIOD_NS;
    assert_int_equal(shown(f), SNAPSHOTS);
    assert_false(ps_replay_running(f->replay));
    assert_true(ps_replay_state(f->replay).at_end && !ps_replay_state(f->replay).cut);
}

static void it_can_be_paused_and_stepped(void **state)
{
    struct fixture *f = *state;
    clock_ns += 5 * RECORDING_PERIOD_NS;
    assert_int_equal(shown(f), 6);
    ps_replay_pause(f->replay, true);
    clock_ns += 50 * RECORDING_PERIOD_NS;
    assert_int_equal(shown(f), 6);
    ps_replay_step(f->replay, 3);
    assert_int_equal(shown(f), 9);
    ps_replay_step(f->replay, -4);
    assert_int_equal(shown(f), 5);
    ps_replay_step(f->replay, -100);
    assert_int_equal(shown(f), 1);
    ps_replay_pause(f->replay, false);
    clock_ns += RECORDING_PERIOD_NS;
    assert_int_equal(shown(f), 2);
}

struct visits {
    unsigned count, first, last;
};

static void visit(void *user, const struct ps_snapshot *snapshot)
{
    struct visits *visits = user;
    visits->last = (unsigned)(snapshot->at_ns / RECORDING_PERIOD_NS);
    if (visits->count++ == 0)
        visits->first = visits->last;
}

static void a_seek_tells_what_was_before(void **state)
{
    struct fixture *f = *state;
    struct visits visits = {0};
    ps_replay_seek(f->replay, 150 * RECORDING_PERIOD_NS, visit, &visits);
    assert_int_equal(shown(f), 150);
    assert_int_equal(visits.count, 150);
    assert_int_equal(visits.first, 1);
    assert_int_equal(visits.last, 150);
    ps_replay_seek(f->replay, 20 * RECORDING_PERIOD_NS + 7, NULL, NULL);
    assert_int_equal(shown(f), 20);
    clock_ns += RECORDING_PERIOD_NS; /* time goes on from the instant, not from the snapshot */
    assert_int_equal(shown(f), 21);
    ps_replay_seek(f->replay, 10000 * RECORDING_PERIOD_NS, NULL, NULL);
    assert_int_equal(shown(f), SNAPSHOTS);
    ps_replay_seek(f->replay, 0, NULL, NULL);
    assert_int_equal(shown(f), 1);
    assert_true(ps_replay_running(f->replay));
}

static void events_come_with_their_time(void **state)
{
    struct fixture *f = *state;
    struct ps_source *source = ps_replay_source(f->replay);
    struct ps_event events[64];
    uint64_t lost = 0;
    assert_int_equal(source->ops->events(source, events, 64, &lost), 0);
    size_t sum = 0, n;
    for (unsigned step = 0; step < 4; step++) {
        clock_ns += 5 * RECORDING_PERIOD_NS;
        assert_int_equal(shown(f), 6 + 5 * step);
        while ((n = source->ops->events(source, events, 64, &lost)) > 0)
            sum += n;
    }
    assert_true(sum > 20);
    assert_int_equal(lost, 5); /* recording_make loses one in every fourth record */
    char answer[64];
    assert_int_equal(source->ops->control(source, "workers 8", answer, sizeof answer), PS_ENOTSUP);
}

/* Fast forward, and a seek: the last second of events, so that a frame does not wait for all. */
static void of_a_leap_the_last_events_are_given_out(void **state)
{
    struct fixture *f = *state;
    struct ps_source *source = ps_replay_source(f->replay);
    struct ps_event events[64];
    struct visits visits = {0};
    for (unsigned leap = 0; leap < 2; leap++) {
        uint64_t lost = 0;
        size_t sum = 0, n;
        unsigned to = leap ? 121 : 61;
        if (leap)
            ps_replay_seek(f->replay, to * RECORDING_PERIOD_NS, visit, &visits);
        else
            clock_ns += 60 * RECORDING_PERIOD_NS;
        assert_int_equal(shown(f), to);
        while ((n = source->ops->events(source, events, 64, &lost)) > 0) {
            sum += n;
            for (size_t i = 0; i < n; i++)
                assert_true(events[i].at_ns + 12 * RECORDING_PERIOD_NS > to * RECORDING_PERIOD_NS);
        }
        assert_true(sum > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_plays_by_the_clock, begin, end),
        cmocka_unit_test_setup_teardown(it_can_be_paused_and_stepped, begin, end),
        cmocka_unit_test_setup_teardown(a_seek_tells_what_was_before, begin, end),
        cmocka_unit_test_setup_teardown(events_come_with_their_time, begin, end),
        cmocka_unit_test_setup_teardown(of_a_leap_the_last_events_are_given_out, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
