/* What becomes of measured values: words, CSV, more rounds and repeats. The hosts are real, their
 * values do not matter. */
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/host.h"
#include "lab/conclude.h"
#include "lab/csv.h"
#include "lab/words.h"
#include "support.h"

#define SLOT_NS (30 * (uint64_t)PS_NS_PER_MS)

static struct ps_experiment experiment(const char *engine)
{
    char text[256];
    int size = snprintf(text, sizeof text,
                        "[preset]\ntitle = test\n[engine]\nname = %s\nworkers = 2\n"
                        "[arrivals]\nmodel = closed\nin_flight = 4\n"
                        "[task work]\nsteps = sleep 1ms\n",
                        engine);
    struct ps_experiment e;
    struct ps_complaints complaints = {.count = 0};
    assert_int_equal(
        ps_experiment_parse(&e, ps_host_vocabulary(), "test", text, (size_t)size, &complaints),
        PS_OK);
    return e;
}

static void wait_until(uint64_t due_ns)
{
    uint64_t now_ns = ps_now_ns();
    struct timespec left = ps_timespec(due_ns > now_ns ? due_ns - now_ns : 0);
    ppoll(NULL, 0, &left, NULL);
}

static void finish_compare(struct ps_compare *compare)
{
    enum ps_compare_state state;
    while ((state = ps_compare_advance(compare)) == PS_COMPARE_RUNNING)
        wait_until(ps_compare_due_ns(compare));
    assert_int_equal(state, PS_COMPARE_DONE);
}

static void finish_tune(struct ps_tune *tune)
{
    enum ps_tune_state state;
    while ((state = ps_tune_advance(tune)) == PS_TUNE_RUNNING)
        wait_until(ps_tune_due_ns(tune));
    assert_int_equal(state, PS_TUNE_DONE);
}

static unsigned lines_of(const char *text)
{
    unsigned lines = 0;
    for (; (text = strstr(text, "\r\n")); text += 2)
        lines++;
    return lines;
}

static void more_rounds_go_on_where_it_ended(void **state)
{
    (void)state;
    static struct ps_compare_spec spec = {.sides = 2, .rounds = 1, .length_ns = SLOT_NS};
    char *text = NULL;
    size_t size;
    spec.side[0] = experiment("threadpool");
    spec.side[1] = experiment("green");
    struct ps_compare *compare = ps_compare_new(&spec);
    finish_compare(compare);
    assert_int_equal(ps_compare_rounds(compare), 1);
    assert_int_equal(ps_compare_more(compare, 2), 2);
    assert_true(ps_compare_progress(compare) < 1);
    finish_compare(compare);
    assert_int_equal(ps_compare_rounds(compare), 3);
    assert_int_equal(ps_compare_more(compare, PS_PAIRS_MAX), PS_PAIRS_MAX - 3);
    FILE *to = open_memstream(&text, &size);
    assert_int_equal(ps_compare_csv(compare, to), PS_OK);
    fclose(to);
    assert_int_equal(lines_of(text), 1 + 3 * 2 * PS_COMPARE_METRICS);
    assert_non_null(strstr(text, "\r\n3,3,b,green,"));
    free(text);
    ps_compare_free(compare);
}

static void a_sweep_is_refined(void **state)
{
    (void)state;
    static struct ps_tune_spec spec = {.length_ns = SLOT_NS,
                                       .about = {.low = 1, .high = 2, .repeats = 1}};
    char *text = NULL;
    size_t size;
    unsigned count;
    spec.experiment = experiment("threadpool");
    ps_tune_prepare(&spec, PS_TUNE_AUTO);
    struct ps_tune *tune = ps_tune_new(&spec);
    assert_false(ps_tune_more(tune)); /* not before it is done */
    finish_tune(tune);
    ps_tune_cells(tune, &count);
    assert_int_equal(count, 2);
    assert_true(ps_tune_more(tune));
    ps_tune_goal(tune, 5e6);
    finish_tune(tune);
    const struct ps_tune_cell *cells = ps_tune_cells(tune, &count);
    assert_int_equal(count, 4);
    assert_int_equal(cells[2].repeat, 1);
    assert_int_equal(ps_tune_surface(tune)->point[0].repeats, 2);
    assert_true(ps_tune_about(tune)->goal_ns == 5e6);
    assert_int_equal(ps_tune_about(tune)->repeats, 2);
    FILE *to = open_memstream(&text, &size);
    assert_int_equal(ps_tune_csv(tune, to), PS_OK);
    fclose(to);
    assert_int_equal(lines_of(text), 5);
    free(text);
    ps_tune_free(tune);
}

static void same(double a, double b)
{
    if (!(a == b || (isnan(a) && isnan(b))))
        fail_msg("%.17g, expected %.17g", a, b);
}

/* In steps it is the same conclusion. */
static void concluding_in_steps_gives_the_same(void **state)
{
    (void)state;
    static struct ps_surface surface;
    static struct ps_conclusion whole, stepped;
    static struct ps_concluding work;
    struct ps_tune_about about = {
        .usable_cpus = 4, .low = 1, .high = 16, .cpu_ns = 1e6, .wait_ns = 1e6, .slot_s = 1};
    for (unsigned n = 1; n <= 16; n *= 2)
        for (unsigned repeat = 0; repeat < 2; repeat++)
            ps_surface_add(&surface, n, (n < 8 ? 100.0 * n : 800) + repeat * 5, 1e6);
    ps_conclude(&about, &surface, &whole);
    ps_conclude_begin(&about, &surface, &work, &stepped);
    assert_true(isnan(ps_conclusion_model(&stepped, "USL")->low));
    assert_int_equal(stepped.choice.recommended, whole.choice.recommended);
    while (!ps_conclude_step(&work, &stepped))
        ;
    for (unsigned i = 0; i < PS_MODELS; i++) {
        same(stepped.model[i].prediction, whole.model[i].prediction);
        same(stepped.model[i].low, whole.model[i].low);
        same(stepped.model[i].high, whole.model[i].high);
    }
    same(stepped.sigma_low, whole.sigma_low);
    same(stepped.kappa_high, whole.kappa_high);
    assert_false(isnan(whole.model[2].low));
}

static void verdicts_say_how_sure_they_are(void **state)
{
    (void)state;
    char text[PS_WORDS_BYTES];
    struct ps_compare_row row = {.metric = &ps_compare_metrics[0],
                                 .described = ps_metric_find(PS_METRIC_RUN, "throughput_per_s"),
                                 .rounds = 2,
                                 .verdict = PS_VERDICT_SAME};
    assert_string_equal(ps_words_verdict(text, &row, 'A', 'B'), "too few rounds");
    row.rounds = 6;
    row.pair = (struct ps_paired){.difference = 0.1, .low = -0.1, .high = 0.3};
    assert_string_equal(ps_words_verdict(text, &row, 'A', 'B'), "unclear");
    row.pair = (struct ps_paired){.difference = NAN, .low = NAN, .high = NAN, .p = 0.5};
    assert_string_equal(ps_words_verdict(text, &row, 'A', 'B'), "unclear");
    row.pair = (struct ps_paired){.difference = 0.03, .low = -0.0003, .high = 0.08};
    assert_string_equal(ps_words_verdict(text, &row, 'A', 'B'), "no difference");
    assert_string_equal(ps_words_interval(text, &row), "+0.0 .. +8.0 %");
    row.pair = (struct ps_paired){.difference = 0.1, .low = -0.1, .high = 0.3};
    row.pair.low = 0.05;
    assert_string_equal(ps_words_verdict(text, &row, 'A', 'B'), "maybe B");
    row.metric = &ps_compare_metrics[2];
    assert_string_equal(ps_words_verdict(text, &row, 'A', 'B'), "maybe A");
    row.metric = &ps_compare_metrics[6];
    assert_string_equal(ps_words_verdict(text, &row, 'A', 'B'), "maybe B more");
    row.metric = &ps_compare_metrics[0];
    row.pair = (struct ps_paired){.difference = 0.01, .low = 0.005, .high = 0.015};
    assert_string_equal(ps_words_verdict(text, &row, 'A', 'B'), "no difference");
    row.verdict = PS_VERDICT_B;
    assert_string_equal(ps_words_verdict(text, &row, 'A', 'B'), "B");
    row.a_never = true;
    assert_string_equal(ps_words_verdict(text, &row, 'A', 'B'), "A cannot");
}

/* `run.cpus` takes CPUs from the host: what is said of a worker count is about the rest. */
static void a_run_on_one_cpu_is_tuned_for_one(void **state)
{
    (void)state;
    struct ps_tune_spec spec = {.about = {.low = 1, .high = 4},
                                .experiment = experiment("pthread")};
    spec.experiment.cpus = 1;
    ps_tune_prepare(&spec, PS_TUNE_PRESET);
    assert_int_equal(spec.about.usable_cpus, 1);
}

/* Fewer clients than workers: then the curve ends with the clients. */
static void a_load_that_ends_before_the_workers_is_told(void **state)
{
    (void)state;
    struct ps_tune_spec spec = {.about = {.low = 1, .high = 32},
                                .experiment = experiment("pthread")};
    spec.experiment.model = PS_ARRIVAL_CLOSED;
    spec.experiment.in_flight = 8;
    ps_tune_prepare(&spec, PS_TUNE_PRESET);
    assert_string_equal(spec.about.load, "closed, 8 in flight: work for 8 of 32");
    spec.about.high = 8;
    ps_tune_prepare(&spec, PS_TUNE_PRESET);
    assert_string_equal(spec.about.load, "closed, 8 in flight");
    spec.about.high = 32;
    spec.experiment.types[0].steps[0].kind = PS_STEP_SPAWN; /* each brings others */
    ps_tune_prepare(&spec, PS_TUNE_PRESET);
    assert_string_equal(spec.about.load, "closed, 8 in flight");
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "host") == 0)
        return ps_host_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_on_one_cpu_is_tuned_for_one),
        cmocka_unit_test(more_rounds_go_on_where_it_ended),
        cmocka_unit_test(a_sweep_is_refined),
        cmocka_unit_test(concluding_in_steps_gives_the_same),
        cmocka_unit_test(a_load_that_ends_before_the_workers_is_told),
        cmocka_unit_test(verdicts_say_how_sure_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
