/* An overview of a recording: rates and landmarks where they belong, whatever it was cut to. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "support.h"

#include "base/clock.h"
#include "client/overview.h"
#include "client/recording_make.h"

enum { SNAPSHOTS = 601 }; /* a minute and the first */

/* 100 tasks a snapshot for half a minute, then 300; what happens on the way: */
enum { MORE_WORKERS = 100, PAUSED = 150, RESUMED = 160, LOSSES = 200, PHASE = 300, HOG = 400 };

static void move(struct ps_snapshot *s, unsigned number)
{
    s->seq = number + 1;
    s->at_ns = (number + 1) * RECORDING_PERIOD_NS;
    if (number > 0)
        s->totals.ended[PS_COMPLETED] += number <= SNAPSHOTS / 2 ? 100 : 300;
    s->workers = number >= MORE_WORKERS ? 4 : 3;
    s->phase = number >= PAUSED && number < RESUMED ? PS_PHASE_PAUSED : PS_PHASE_RUNNING;
    if (number >= LOSSES && number < LOSSES + 50)
        s->totals.ended[PS_REFUSED] += 5; /* in one go: one landmark */
    s->phases_begun = number >= PHASE;
    s->worker[1].hogs = number >= HOG;
}

static uint8_t *make(size_t *size)
{
    char why[200];
    struct ps_recorder *recorder;
    struct ps_experiment *experiment = recording_experiment();
    struct ps_snapshot *s = calloc(1, sizeof *s);
    int fd = memfd_create("overview", MFD_CLOEXEC), kept = dup(fd);
    const struct ps_event event = {.at_ns = 1024, .slot = 0, .kind = PS_EVENT_PARK};
    assert_int_equal(ps_recorder_new(fd, "made", experiment, &recorder, why, sizeof why), PS_OK);
    s->slots = 3;
    for (unsigned i = 0; i < SNAPSHOTS; i++) {
        move(s, i);
        ps_recorder_events(recorder, &event, 1, 0);
        ps_recorder_snapshot(recorder, s);
    }
    assert_int_equal(ps_recorder_finish(recorder, why, sizeof why), PS_OK);
    uint8_t *bytes = recording_bytes(kept, size);
    close(kept);
    free(s);
    free(experiment);
    return bytes;
}

static struct ps_overview *overview_of(const uint8_t *bytes, size_t size)
{
    char why[200];
    struct ps_recording *recording;
    assert_int_equal(ps_recording_open_bytes(bytes, size, true, &recording, why, sizeof why),
                     PS_OK);
    struct ps_overview *overview = ps_overview_new(recording);
    assert_non_null(overview);
    return overview;
}

/* The only slice with a landmark; its end is after the snapshot and less than two slices late. */
static void assert_marked(const struct ps_overview *overview, unsigned landmark, unsigned number)
{
    const struct ps_overview_slice *slice = ps_overview_slices(overview);
    uint64_t at_ns = (number + 1) * RECORDING_PERIOD_NS;
    unsigned found = 0;
    for (unsigned i = 0; i < PS_OVERVIEW_SLICES; i++) {
        uint64_t end_ns = ps_overview_end(overview, i);
        if (!(slice[i].landmarks & landmark))
            continue;
        if (end_ns >= at_ns && end_ns - at_ns < 2 * RECORDING_PERIOD_NS)
            found++;
        else if (landmark != PS_LANDMARK_PAUSE) /* begins and ends */
            fail_msg("landmark %u also in slice %u", landmark, i);
    }
    assert_int_equal(found, 1);
}

static void rates_and_marks_are_where_they_were(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = make(&size);
    struct ps_overview *overview = overview_of(bytes, size);
    const struct ps_overview_slice *slice = ps_overview_slices(overview);
    assert_true(slice[0].done_per_s < 0);
    while (ps_overview_read(overview, 0)) /* a batch at a time */
        ;
    for (unsigned i = 0; i < PS_OVERVIEW_SLICES; i++) {
        double wanted = i < PS_OVERVIEW_SLICES / 2 - 1 ? 1000 : 3000;
        if (i < PS_OVERVIEW_SLICES / 2 - 1 || i > PS_OVERVIEW_SLICES / 2 + 1)
            assert_true(fabs((double)slice[i].done_per_s - wanted) < 1);
    }
    assert_marked(overview, PS_LANDMARK_WORKERS, MORE_WORKERS);
    assert_marked(overview, PS_LANDMARK_PAUSE, PAUSED);
    assert_marked(overview, PS_LANDMARK_PAUSE, RESUMED);
    assert_marked(overview, PS_LANDMARK_LOSS, LOSSES);
    assert_marked(overview, PS_LANDMARK_PHASE, PHASE);
    assert_marked(overview, PS_LANDMARK_HOG, HOG);
    ps_overview_free(overview);
    free(bytes);
}

static void a_cut_recording_has_an_overview(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = make(&size);
    for (size_t cut = size / 3; cut < size; cut += size / 7) {
        struct ps_overview *overview = overview_of(bytes, cut);
        while (ps_overview_read(overview, PS_NS_PER_S))
            ;
        const struct ps_overview_slice *slice = ps_overview_slices(overview);
        assert_true(fabs((double)slice[3].done_per_s - 1000) < 1);
        assert_true(slice[PS_OVERVIEW_SLICES - 1].done_per_s > 0);
        ps_overview_free(overview);
    }
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_and_marks_are_where_they_were),
        cmocka_unit_test(a_cut_recording_has_an_overview),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
