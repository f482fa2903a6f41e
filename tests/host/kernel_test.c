/* Kernels on every policy of every engine, in this process: their answers, and what is left of them
 * when they are stopped or refused. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "host/host.h"
#include "host/job.h"
#include "host/services.h"
#include "model/kernels.h"

#define PATIENCE_NS (60 * (uint64_t)PS_NS_PER_S)

/* Enough for the joins and waits of every kernel below where each holds a thread. */
#define WORKERS 16u

struct rig {
    struct ps_run run;
    int fd;
};

/* options: lines of the [engine] section and of the task behind its steps. */
static void set_up_run(struct rig *rig, const char *engine, const char *policy, unsigned workers,
                       const char *engine_lines, const char *task_lines)
{
    char text[2048], why[256];
    struct ps_complaints complaints = {.count = 0};
    struct ps_run *run = &rig->run;
    const char *names[] = {"work"};
    memset(rig, 0, sizeof *rig);
    int n = snprintf(text, sizeof text,
                     "[preset]\ntitle = t\n[engine]\nname = %s\npolicy = %s\n%s\n"
                     "[arrivals]\nrate = 1/s\n[task work]\n%s\n",
                     engine, policy, engine_lines, task_lines);
    if (ps_experiment_parse(&run->experiment, ps_host_vocabulary(), "test", text, (size_t)n,
                            &complaints) != PS_OK)
        fail_msg("%s", complaints.list[0].text);
    struct ps_picture_shape shape = {64, 48, 100, 16};
    assert_int_equal(
        ps_segment_create_with_picture(WORKERS, 1, names, &shape, &rig->fd, &run->segment), PS_OK);
    atomic_store(&run->segment->workers, workers);
    run->jobs = ps_job_pool_new();
    assert_non_null(run->jobs);
    run->faults_seen = &run->faults;
    ps_arrivals_init(&run->arrivals, &run->experiment);
    assert_int_equal(ps_services_start(run, why, sizeof why), PS_OK);
    const struct ps_engine_ops *ops = ps_engine_find(engine);
    struct ps_engine_config config = {
        .policy = ps_policy_find(ops, policy),
        .workers = workers,
        .queue = run->experiment.queue,
        .on_full = run->experiment.on_full == PS_FULL_REFUSE ? PS_ON_FULL_REFUSE : PS_ON_FULL_BLOCK,
        .stealing = true,
        .help = run->experiment.help,
        .segment = run->segment};
    assert_int_equal(ps_engine_create(ops, &config, &run->engine), PS_OK);
    assert_int_equal(ps_engine_start(run->engine), PS_OK);
}

static struct ps_job *submit(struct rig *rig)
{
    struct ps_job *job =
        ps_job_arrival(&rig->run, &(struct ps_arrival){.intended_ns = ps_now_ns()});
    assert_non_null(job);
    job->root = false; /* no feeder */
    assert_int_equal(ps_submit(rig->run.engine, &job->task, PS_NEVER), PS_OK);
    return job;
}

/* How the tasks ended, nodes included. */
static void tear_down_run(struct rig *rig, enum ps_close how, uint64_t ended[PS_OUTCOME_COUNT])
{
    struct ps_run *run = &rig->run;
    ps_engine_close(run->engine, how);
    assert_int_equal(ps_engine_stop(run->engine, ps_now_ns() + PATIENCE_NS), PS_OK);
    ps_engine_destroy(run->engine);
    memset(ended, 0, PS_OUTCOME_COUNT * sizeof *ended);
    uint64_t submitted = 0, all = 0;
    for (unsigned slot = 0; slot <= WORKERS; slot++) {
        const struct ps_cell *cell = ps_segment_cell(run->segment, slot);
        submitted += atomic_load(&cell->submitted);
        for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++) {
            ended[i] += atomic_load(&cell->ended[i]);
            all += atomic_load(&cell->ended[i]);
        }
    }
    assert_int_equal(submitted, all);
    ps_services_stop(run);
    ps_job_pool_free(run->jobs);
}

static void free_segment(struct rig *rig)
{
    ps_segment_unmap(rig->run.segment);
    close(rig->fd);
}

static const struct {
    const char *step;
    uint64_t answer; /* 0: the same everywhere */
} kernels[] = {
    {"fib 21", 10946},
    {"skynet 10000 grain 1000", 49995000},
    {"quicksort 20000", 20000},
    {"primes 1000", 168},
    {"nqueens 6 grain 5", 4},
    {"julia 64x48 100 grain 16", 0},
    {"pipeline 3 2 items 100", 5250},
    {"pingpong 100", 100},
    {"touch packed 1000", 1000 * WORKERS},
    {"memory 16KiB x3", 768},
};
enum { KERNELS = sizeof kernels / sizeof *kernels };

static void all_answers(const struct ps_engine_ops *engine, const struct ps_policy *policy,
                        uint64_t julia[1])
{
    static struct rig rig;
    char steps[512] = "steps = ";
    uint64_t ended[PS_OUTCOME_COUNT];
    for (unsigned i = 0; i < KERNELS; i++)
        snprintf(steps + strlen(steps), sizeof steps - strlen(steps), "%s%s", i ? "," : "",
                 kernels[i].step);
    set_up_run(&rig, engine->name, policy->name, WORKERS, "", steps);
    submit(&rig);
    tear_down_run(&rig, PS_CLOSE_DRAIN, ended);
    assert_int_equal(atomic_load(&rig.run.segment->answers), KERNELS);
    for (unsigned i = 0; i < KERNELS; i++) {
        const struct ps_answer *answer = &rig.run.segment->answer[i];
        uint64_t value = atomic_load(&answer->value);
        if (atomic_load(&answer->right) != 1 || atomic_load(&answer->wrong) != 0)
            fail_msg("%s:%s: %s came to %llu", engine->name, policy->name, answer->name,
                     (unsigned long long)value);
        if (kernels[i].answer)
            assert_int_equal(value, kernels[i].answer);
        else if (*julia)
            assert_int_equal(value, *julia);
        else
            *julia = value;
    }
    assert_int_equal(ended[PS_COMPLETED], ended[PS_COMPLETED] + ended[PS_FAILED] +
                                              ended[PS_TIMED_OUT] + ended[PS_CANCELLED]);
    assert_true(ended[PS_COMPLETED] > 50); /* the nodes are tasks, too */
    free_segment(&rig);
}

static void every_policy_gives_the_answers(void **state)
{
    (void)state;
    uint64_t julia = 0;
    for (const struct ps_engine_ops *const *engine = ps_engines; *engine; engine++)
        for (const struct ps_policy *policy = (*engine)->policies; policy->name; policy++)
            if (!(policy->traits & PS_TRAIT_PROCESSES))
                all_answers(*engine, policy, &julia);
    assert_true(julia > 0);
}

/* Every tile of the picture says who drew it, and its pixels are there. */
static void the_picture_is_whole(void **state)
{
    static struct rig rig;
    uint64_t ended[PS_OUTCOME_COUNT];
    (void)state;
    set_up_run(&rig, "green", "steal", 3, "", "steps = julia 64x48 100 grain 16");
    submit(&rig);
    tear_down_run(&rig, PS_CLOSE_DRAIN, ended);
    assert_int_equal(ended[PS_COMPLETED], 1 + 12);
    const struct ps_picture *picture = ps_segment_picture(rig.run.segment);
    assert_int_equal(atomic_load(&picture->passes), 1);
    for (uint32_t i = 0; i < ps_picture_tiles(picture); i++) {
        const struct ps_tile *tile = ps_picture_tile(picture, i);
        assert_in_range(atomic_load(&tile->owner), 1, 3);
        assert_int_equal(atomic_load(&tile->pass), 1);
    }
    uint64_t inside = 0;
    for (uint32_t y = 0; y < 48; y++)
        for (uint32_t x = 0; x < 64; x++) {
            uint16_t count = atomic_load(&ps_picture_row(picture, y)[x]);
            assert_true(count <= 100);
            /* The set is symmetric about its middle. */
            assert_int_equal(count, atomic_load(&ps_picture_row(picture, 47 - y)[63 - x]));
            inside += count > 20;
        }
    assert_in_range(inside, 100, 2000);
    free_segment(&rig);
}

static const char *const endless[] = {
    "fib 40",
    "skynet 1000000000 grain 10000",
    "quicksort 2000000 grain 20",
    "primes 1000000",
    "nqueens 16",
    "pipeline 3 2 items 1000000000",
    "pingpong 1000000000",
    "touch packed 1000000000000",
};
static const char *const few[][2] = {
    {"green", "steal"}, {"green", "global"}, {"async", "pinned"}, {"threadpool", "steal"}};

/* What was begun ends, children before parents, and frees all it had. */
static void a_late_kernel_times_out_with_its_tasks(void **state)
{
    static struct rig rig;
    char lines[256];
    uint64_t ended[PS_OUTCOME_COUNT];
    (void)state;
    for (unsigned i = 0; i < sizeof endless / sizeof *endless; i++) {
        const char *const *engine = few[i % 4];
        snprintf(lines, sizeof lines, "steps = %s\ntimeout = 20ms", endless[i]);
        set_up_run(&rig, engine[0], engine[1], WORKERS, "", lines);
        submit(&rig);
        tear_down_run(&rig, PS_CLOSE_DRAIN, ended);
        if (ended[PS_TIMED_OUT] < 1)
            fail_msg("%s on %s: nothing timed out", endless[i], engine[0]);
        assert_int_equal(atomic_load(&rig.run.segment->answer[0].right), 0);
        assert_int_equal(atomic_load(&rig.run.segment->answer[0].wrong), 0);
        free_segment(&rig);
    }
}

static void wait_for_nodes(struct rig *rig)
{
    uint64_t until_ns = ps_now_ns() + PATIENCE_NS, started = 0;
    while (started < 3) {
        assert_true(ps_now_ns() < until_ns);
        started = 0;
        for (unsigned slot = 0; slot <= WORKERS; slot++)
            started += atomic_load(&ps_segment_cell(rig->run.segment, slot)->started);
    }
}

static void a_cancelled_kernel_takes_its_tasks_along(void **state)
{
    static struct rig rig;
    char lines[256];
    uint64_t ended[PS_OUTCOME_COUNT];
    (void)state;
    for (unsigned i = 0; i < sizeof endless / sizeof *endless; i++) {
        const char *const *engine = few[(i + 1) % 4];
        snprintf(lines, sizeof lines, "steps = %s", endless[i]);
        set_up_run(&rig, engine[0], engine[1], WORKERS, "", lines);
        struct ps_job *job = submit(&rig);
        wait_for_nodes(&rig); /* it cannot have ended */
        if (i % 2)
            ps_task_cancel(&job->task);
        tear_down_run(&rig, i % 2 ? PS_CLOSE_DRAIN : PS_CLOSE_DISCARD, ended);
        assert_true(ended[PS_CANCELLED] >= 1);
        assert_int_equal(atomic_load(&rig.run.segment->answer[0].right), 0);
        free_segment(&rig);
    }
}

static void a_kernel_whose_task_is_refused_fails(void **state)
{
    static struct rig rig;
    uint64_t ended[PS_OUTCOME_COUNT];
    char message[PS_MESSAGE_BYTES];
    (void)state;
    set_up_run(&rig, "threadpool", "fifo", 2, "queue = 4\non_full = refuse",
               "steps = skynet 100 grain 1");
    submit(&rig);
    tear_down_run(&rig, PS_CLOSE_DRAIN, ended);
    assert_true(ended[PS_REFUSED] >= 1 && ended[PS_FAILED] == 1);
    assert_int_equal(atomic_load(&rig.run.segment->answer[0].right), 0);
    ps_segment_message(rig.run.segment, message);
    assert_non_null(strstr(message, "kernel 'skynet' failed"));
    free_segment(&rig);
}

/* The same figures share an answer, others have their own. */
static void answers_have_names(void **state)
{
    static struct rig rig;
    uint64_t ended[PS_OUTCOME_COUNT];
    (void)state;
    set_up_run(&rig, "green", "steal", 2, "",
               "steps = fib 9, touch packed 5, fib 9, touch padded 5, memory 4KiB");
    submit(&rig);
    tear_down_run(&rig, PS_CLOSE_DRAIN, ended);
    struct ps_answer *answer = rig.run.segment->answer;
    assert_int_equal(atomic_load(&rig.run.segment->answers), 4);
    assert_string_equal(answer[0].name, "fib");
    assert_int_equal(atomic_load(&answer[0].right), 2);
    assert_string_equal(answer[1].name, "touch packed 5");
    assert_string_equal(answer[2].name, "touch padded 5");
    assert_string_equal(answer[3].name, "memory");
    free_segment(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_policy_gives_the_answers),
        cmocka_unit_test(the_picture_is_whole),
        cmocka_unit_test(a_late_kernel_times_out_with_its_tasks),
        cmocka_unit_test(a_cancelled_kernel_takes_its_tasks_along),
        cmocka_unit_test(a_kernel_whose_task_is_refused_fails),
        cmocka_unit_test(answers_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
