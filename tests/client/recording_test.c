/* A recording gives back what was recorded: every field, from any instant, cut anywhere, and also
 * when its dictionary is another program's. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support.h"

#include "base/crc32c.h"
#include "client/record_columns.h"
#include "client/recording.h"
#include "client/recording_format.h"
#include "client/recording_make.h"

static struct ps_recording *opened(const uint8_t *bytes, size_t size, bool check)
{
    char why[200] = "";
    struct ps_recording *recording = NULL;
    if (ps_recording_open_bytes(bytes, size, check, &recording, why, sizeof why) != PS_OK)
        fail_msg("%zu bytes: %s", size, why);
    return recording;
}

/* Bytes of a struct that no column holds. */
static void mark(uint8_t *seen, const struct ps_column_group *group, size_t base, unsigned rows)
{
    for (unsigned i = 0; i < group->count; i++) {
        const struct ps_column *column = &group->column[i];
        unsigned length = column->length ? column->length : rows;
        memset(seen + group->base - base + column->offset, 1, length * column->bytes);
    }
}

/* Padding is less than a word and ends at one. */
static void only_padding_is_left(const char *what, const uint8_t *seen, size_t size)
{
    for (size_t at = 0, gap = 0; at <= size; at++) {
        if (at < size && !seen[at]) {
            gap++;
            continue;
        }
        if (gap >= 8 || (gap && at % 8 != 0))
            fail_msg("%s: no column in record_columns.c holds the %zu bytes before offset %zu",
                     what, gap, at);
        gap = 0;
    }
}

static void every_field_has_a_column(void **state)
{
    (void)state;
    struct ps_columns *columns = calloc(1, sizeof *columns);
    uint8_t *seen = calloc(1, sizeof(struct ps_snapshot));
    assert_non_null(columns);
    assert_non_null(seen);
    ps_columns_init(columns);
    size_t workers = offsetof(struct ps_snapshot, worker);
    memset(seen, 1,
           offsetof(struct ps_snapshot, phase)); /* seq and at_ns have places of their own */
    mark(seen, &columns->group[PS_GROUP_RUN], 0, 1);
    size_t phases = offsetof(struct ps_snapshot, phase_view);
    memset(seen + phases, 1, sizeof(struct ps_phase_view[PS_MAX_PHASES + 1]));
    size_t answers = offsetof(struct ps_snapshot, answer);
    memset(seen + answers, 1, sizeof(struct ps_answer_view[PS_SEGMENT_ANSWERS]));
    size_t locks = offsetof(struct ps_snapshot, lock);
    memset(seen + locks, 1, sizeof(struct ps_lock_view[PS_MAX_LOCKS]));
    only_padding_is_left("struct ps_snapshot", seen, workers);
    memset(seen + workers, 1, sizeof(struct ps_worker_view[PS_MAX_WORKERS]));
    memset(seen + offsetof(struct ps_snapshot, type), 1, sizeof(struct ps_type_view[PS_MAX_TYPES]));
    memset(seen + offsetof(struct ps_snapshot, latency), 1, sizeof(struct ps_latency_view));
    memset(seen + offsetof(struct ps_snapshot, steal_ops), 1,
           2 * sizeof(((struct ps_snapshot *)0)->steal_ops));
    only_padding_is_left("the end of struct ps_snapshot", seen, sizeof(struct ps_snapshot));
    memset(seen, 0, sizeof(struct ps_snapshot));
    mark(seen, &columns->group[PS_GROUP_WORKERS], workers, 1);
    only_padding_is_left("struct ps_worker_view", seen, sizeof(struct ps_worker_view));
    memset(seen, 0, sizeof(struct ps_snapshot));
    mark(seen, &columns->group[PS_GROUP_PHASES], phases, 1);
    only_padding_is_left("struct ps_phase_view", seen, sizeof(struct ps_phase_view));
    memset(seen, 0, sizeof(struct ps_snapshot));
    mark(seen, &columns->group[PS_GROUP_ANSWERS], answers, 1);
    only_padding_is_left("struct ps_answer_view", seen, sizeof(struct ps_answer_view));
    memset(seen, 0, sizeof(struct ps_snapshot));
    mark(seen, &columns->group[PS_GROUP_LOCKS], locks, 1);
    only_padding_is_left("struct ps_lock_view", seen, sizeof(struct ps_lock_view));
    memset(seen, 0, sizeof(struct ps_snapshot));
    mark(seen, &columns->group[PS_GROUP_TYPES], offsetof(struct ps_snapshot, type), 1);
    only_padding_is_left("struct ps_type_view", seen, sizeof(struct ps_type_view));
    memset(seen, 0, sizeof(struct ps_snapshot));
    mark(seen, &columns->group[PS_GROUP_LATENCY], offsetof(struct ps_snapshot, latency), 1);
    only_padding_is_left("struct ps_hist_sum", seen, sizeof(struct ps_hist_sum));
    free(seen);
    free(columns);
}

/* Field by field, through the table, whose completeness the test above shows. */
static void same_snapshot(const struct ps_snapshot *a, const struct ps_snapshot *b)
{
    static struct ps_columns columns;
    ps_columns_init(&columns);
    assert_int_equal(a->seq, b->seq);
    assert_int_equal(a->at_ns, b->at_ns);
    for (unsigned g = 0; g < PS_GROUPS; g++) {
        const struct ps_column_group *group = &columns.group[g];
        unsigned rows = ps_group_rows((enum ps_column_group_id)g, a);
        assert_int_equal(rows, ps_group_rows((enum ps_column_group_id)g, b));
        size_t count = rows * ps_group_width(group, rows);
        uint64_t *x = calloc(count + 1, sizeof *x), *y = calloc(count + 1, sizeof *y);
        ps_group_cells(group, a, rows, x);
        ps_group_cells(group, b, rows, y);
        for (size_t i = 0; i < count; i++)
            if (x[i] != y[i])
                fail_msg("%s: cell %zu of snapshot %d", group->name, i, (int)a->seq);
        free(x);
        free(y);
        for (unsigned i = 0; i < group->count; i++)
            for (unsigned row = 0; group->column[i].kind == PS_COLUMN_TEXT && row < rows; row++)
                assert_string_equal(
                    ps_column_text(group, &group->column[i], (struct ps_snapshot *)a, row),
                    ps_column_text(group, &group->column[i], (struct ps_snapshot *)b, row));
    }
}

static void what_was_recorded_is_read(void **state)
{
    (void)state;
    enum { SNAPSHOTS = 150, EVENTS = 300 };
    char why[200];
    struct ps_rng rng = ps_rng_make(3, 0);
    struct ps_recorder *recorder;
    struct ps_experiment *experiment = recording_experiment();
    struct ps_snapshot *sent = calloc(SNAPSHOTS, sizeof *sent);
    struct ps_event(*events)[EVENTS] = calloc(SNAPSHOTS, sizeof *events);
    size_t counts[SNAPSHOTS];
    assert_true(sent && events);
    int fd = memfd_create("recording", MFD_CLOEXEC), kept = dup(fd);
    assert_int_equal(ps_recorder_new(fd, "p", experiment, &recorder, why, sizeof why), PS_OK);
    for (unsigned i = 0; i < SNAPSHOTS; i++) {
        /* A worker comes in the middle, and once everything is new. */
        if (i == 0 || i == 20 || i == 90) {
            recording_random_snapshot(&sent[i], &rng, i == 0 ? 3 : 5, 2, i + 1);
        } else {
            sent[i] = sent[i - 1];
            recording_move(&sent[i], &rng);
        }
        counts[i] = recording_random_events(events[i], EVENTS, &rng, &sent[i]);
        ps_recorder_events(recorder, events[i], counts[i], i);
        ps_recorder_snapshot(recorder, &sent[i]);
    }
    assert_int_equal(ps_recorder_finish(recorder, why, sizeof why), PS_OK);
    size_t size;
    uint8_t *bytes = recording_bytes(kept, &size);
    close(kept);
    struct ps_recording *recording = opened(bytes, size, true);
    assert_string_equal(ps_recording_fact(recording, "preset"), "p");
    assert_non_null(strstr(ps_recording_fact(recording, "experiment"), "[task long]"));
    assert_true(ps_recording_info(recording)->whole);
    assert_int_equal(ps_recording_info(recording)->snapshots, SNAPSHOTS);
    for (unsigned i = 0; i < SNAPSHOTS; i++) {
        size_t count = 0;
        uint64_t lost = 0;
        if (counts[i] > 0 || i > 0) {
            assert_int_equal(ps_recording_next(recording), PS_RECORDED_EVENTS);
            const struct ps_event *got = ps_recording_events(recording, &count, &lost);
            for (size_t n = 0; n < count; n++)
                assert_memory_equal(&got[n], &events[i][n], sizeof *got);
        }
        assert_int_equal(count, counts[i]);
        assert_int_equal(lost, i);
        assert_int_equal(ps_recording_next(recording), PS_RECORDED_SNAPSHOT);
        same_snapshot(ps_recording_snapshot(recording), &sent[i]);
    }
    assert_int_equal(ps_recording_next(recording), PS_RECORDED_END);
    for (unsigned n = 0; n < 400; n++) { /* from anywhere to anywhere */
        unsigned to = ps_rng_below(&rng, SNAPSHOTS);
        uint64_t at_ns = sent[to].at_ns + ps_rng_below(&rng, RECORDING_PERIOD_NS);
        assert_int_equal(ps_recording_seek(recording, at_ns), PS_RECORDED_SNAPSHOT);
        same_snapshot(ps_recording_snapshot(recording), &sent[to]);
    }
    assert_int_equal(ps_recording_seek(recording, 0), PS_RECORDED_SNAPSHOT);
    same_snapshot(ps_recording_snapshot(recording), &sent[0]);
    ps_recording_close(recording);
    free(bytes);
    free(sent);
    free(events);
    free(experiment);
}

/* Cut at every byte: all whole records are read, and nothing else. */
static void a_cut_recording_is_read_to_the_cut(void **state)
{
    (void)state;
    char why[200];
    size_t size;
    uint8_t *bytes = recording_make(5, 6, 1, &size);
    size_t front = PS_RECORDING_HEADER, last_records = 0, cut_records = 0;
    for (int record = 0; record < 2; record++) { /* facts and dictionary */
        uint32_t payload;
        memcpy(&payload, bytes + front, sizeof payload);
        front += PS_RECORD_HEADER + payload;
    }
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *piece = malloc(cut + 1); /* its end is guarded under ASan */
        memcpy(piece, bytes, cut);
        struct ps_recording *recording = NULL;
        enum ps_err err = ps_recording_open_bytes(piece, cut, true, &recording, why, sizeof why);
        if (cut < front) {
            assert_int_equal(err, PS_EPARSE);
        } else {
            assert_int_equal(err, PS_OK);
            const struct ps_recording_info *info = ps_recording_info(recording);
            size_t snapshots = 0, records = 0;
            enum ps_recorded next;
            while ((next = ps_recording_next(recording)) < PS_RECORDED_END) {
                records++;
                snapshots += next == PS_RECORDED_SNAPSHOT;
            }
            assert_int_equal(next, PS_RECORDED_END);
            assert_false(info->whole);
            assert_int_equal(info->snapshots, snapshots);
            assert_true(info->usable <= cut && records >= last_records);
            cut_records += records != last_records;
            last_records = records;
        }
        ps_recording_close(recording);
        free(piece);
    }
    assert_true(last_records >= 11 && cut_records == last_records);
    free(bytes);
}

/* Where the last snapshot among the first `records` records begins. */
static size_t find_snapshot(const uint8_t *bytes, size_t size, unsigned records)
{
    size_t last = 0, at = PS_RECORDING_HEADER;
    for (unsigned record = 0; at < size && record < records; record++) {
        uint32_t payload;
        memcpy(&payload, bytes + at, sizeof payload);
        if (bytes[at + 8] == PS_RECORD_SNAPSHOT)
            last = at;
        at += PS_RECORD_HEADER + payload;
    }
    assert_true(last > 0);
    return last;
}

static void a_damaged_record_ends_the_reading(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = recording_make(6, 20, 2, &size);
    bytes[find_snapshot(bytes, size, 12) + PS_RECORD_HEADER] ^= 0x10;
    struct ps_recording *recording = opened(bytes, size, true);
    unsigned snapshots = 0;
    enum ps_recorded next;
    while ((next = ps_recording_next(recording)) < PS_RECORDED_END)
        snapshots += next == PS_RECORDED_SNAPSHOT;
    assert_int_equal(next, PS_RECORDED_DAMAGED);
    assert_in_range(snapshots, 1, 19);
    ps_recording_close(recording);
    free(bytes);
}

/* The check sums are right and the content is not: what was read before stays. */
static void nonsense_keeps_the_last_good_snapshot(void **state)
{
    (void)state;
    size_t size;
    uint8_t *bytes = recording_make(8, 12, 2, &size);
    size_t last = find_snapshot(bytes, size, 12); /* in the middle */
    memset(bytes + last + PS_RECORD_HEADER + 12, 0xff, 12);
    struct ps_recording *recording = opened(bytes, size, false);
    unsigned snapshots = 0;
    enum ps_recorded next;
    uint64_t seq = 0, completed = 0;
    while ((next = ps_recording_next(recording)) < PS_RECORDED_END)
        if (next == PS_RECORDED_SNAPSHOT) {
            snapshots++;
            seq = ps_recording_snapshot(recording)->seq;
            completed = ps_recording_snapshot(recording)->totals.ended[PS_COMPLETED];
        }
    assert_int_equal(next, PS_RECORDED_DAMAGED);
    assert_in_range(snapshots, 1, 11);
    assert_int_equal(ps_recording_snapshot(recording)->seq, seq);
    assert_int_equal(ps_recording_snapshot(recording)->totals.ended[PS_COMPLETED], completed);
    assert_int_equal(ps_recording_snapshot(recording)->slots, 2);
    assert_int_equal(ps_recording_next(recording), PS_RECORDED_DAMAGED);
    ps_recording_close(recording);
    free(bytes);
}

/* A program that calls a column, a state or a group otherwise does not know it: the rest is read. */
static void unknown_names_are_skipped(void **state)
{
    (void)state;
    static const char *const names[] = {"robbed", "queue_depth", "time_ns.sleep", "sleep",
                                        "types",  "message",     "latency.6.42",  "spawn"};
    size_t size;
    uint8_t *bytes = recording_make(7, 10, 3, &size);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]), changed = 0;
        char counted[40] = {(char)length};
        memcpy(counted + 1, names[i], length);
        for (uint8_t *at = bytes; at + length + 1 < bytes + size; at++)
            if (memcmp(at, counted, length + 1) == 0) {
                at[1] = '~';
                changed++;
            }
        assert_true(changed > 0);
        struct ps_recording *recording = opened(bytes, size, false);
        unsigned snapshots = 0;
        enum ps_recorded next;
        while ((next = ps_recording_next(recording)) < PS_RECORDED_END) {
            const struct ps_snapshot *s = ps_recording_snapshot(recording);
            snapshots += next == PS_RECORDED_SNAPSHOT;
            assert_true(next != PS_RECORDED_SNAPSHOT || s->worker[1].robbed == 0);
            assert_true(next != PS_RECORDED_SNAPSHOT || s->worker[1].steals != 0);
        }
        assert_int_equal(next, PS_RECORDED_END);
        assert_int_equal(snapshots, 10);
        ps_recording_close(recording);
    }
    free(bytes);
}

/* The disk is full: what there is stays readable, the run does not notice, the end says so. */
static void a_full_disk_ends_it_at_a_record(void **state)
{
    (void)state;
    char why[200] = "", path[] = "/tmp/poolscope-recording-XXXXXX";
    struct rlimit old, small = {.rlim_cur = 40000};
    struct ps_recorder *recorder;
    struct ps_rng rng = ps_rng_make(1, 0);
    struct ps_experiment *experiment = recording_experiment();
    struct ps_snapshot *snapshot = calloc(1, sizeof *snapshot);
    int fd = mkstemp(path);
    assert_true(fd >= 0 && snapshot);
    unlink(path);
    int kept = dup(fd);
    assert_int_equal(ps_recorder_new(fd, "p", experiment, &recorder, why, sizeof why), PS_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    recording_random_snapshot(snapshot, &rng, 2, 2, 1);
    for (unsigned i = 0; i < 2000; i++) {
        ps_recorder_snapshot(recorder, snapshot);
        recording_move(snapshot, &rng);
    }
    struct ps_recorder_totals totals = ps_recorder_totals(recorder);
    assert_int_equal(ps_recorder_finish(recorder, why, sizeof why), PS_EIO);
    setrlimit(RLIMIT_FSIZE, &old);
    assert_non_null(strstr(why, "too large"));
    size_t size;
    uint8_t *bytes = recording_bytes(kept, &size);
    close(kept);
    struct ps_recording *recording = opened(bytes, size, true);
    assert_int_equal(ps_recording_info(recording)->usable, size);
    assert_int_equal(ps_recording_info(recording)->snapshots, totals.snapshots);
    assert_in_range(totals.snapshots, 1, 1999);
    ps_recording_close(recording);
    free(bytes);
    free(snapshot);
    free(experiment);
}

static void the_index_stays_small(void **state)
{
    (void)state;
    struct ps_recording_keys *keys = calloc(1, sizeof *keys);
    assert_non_null(keys);
    for (uint64_t n = 0; n < 10 * PS_RECORDING_KEYS; n++)
        ps_recording_keys_add(keys, n * 100, n * 10);
    assert_in_range(keys->count, PS_RECORDING_KEYS / 2, PS_RECORDING_KEYS);
    for (unsigned i = 1; i < keys->count; i++)
        assert_int_equal(keys->key[i].at_ns - keys->key[i - 1].at_ns, 160);
    assert_int_equal(ps_recording_keys_find(keys, 0)->at_ns, 0);
    assert_int_equal(ps_recording_keys_find(keys, 159)->at_ns, 0);
    assert_int_equal(ps_recording_keys_find(keys, 160)->offset, 1600);
    free(keys);
}

static void the_check_sum_is_the_standards(void **state)
{
    (void)state;
    assert_int_equal(ps_crc32c(0, "123456789", 9), 0xe3069283); /* RFC 3720's check value */
    assert_int_equal(ps_crc32c(ps_crc32c(0, "1234", 4), "56789", 5), 0xe3069283);
}

static void what_is_no_recording_is_refused(void **state)
{
    (void)state;
    char why[200] = "";
    struct ps_recording *recording;
    assert_int_equal(ps_recording_open("/nowhere/x.psrec", &recording, why, sizeof why), PS_ENOENT);
    assert_int_equal(ps_recording_open("/dev/null", &recording, why, sizeof why), PS_EPARSE);
    assert_string_equal(why, "not a file");
    assert_int_equal(ps_recording_open("/proc/self/exe", &recording, why, sizeof why), PS_EPARSE);
    assert_string_equal(why, "not a recording of poolscope");
    size_t size;
    uint8_t *bytes = recording_make(1, 1, 1, &size);
    bytes[8] = 9;
    assert_int_equal(ps_recording_open_bytes(bytes, size, false, &recording, why, sizeof why),
                     PS_EVERSION);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_has_a_column),
        cmocka_unit_test(what_was_recorded_is_read),
        cmocka_unit_test(a_cut_recording_is_read_to_the_cut),
        cmocka_unit_test(a_damaged_record_ends_the_reading),
        cmocka_unit_test(nonsense_keeps_the_last_good_snapshot),
        cmocka_unit_test(unknown_names_are_skipped),
        cmocka_unit_test(a_full_disk_ends_it_at_a_record),
        cmocka_unit_test(the_index_stays_small),
        cmocka_unit_test(the_check_sum_is_the_standards),
        cmocka_unit_test(what_is_no_recording_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
