/* Children that lie in their parent's frame, the usual style of fork and join: engine.h, Life of a task. */
#include "engines/contract/kit.h"

#include <stdlib.h>
#include <string.h>

#include "engines/contract/apart.h"

/* In direct style its children lie on its stack, in event style in a block of its own; either is
 * overwritten, and the block freed, as soon as the join is over. */
struct twig {
    struct ps_task task;
    struct rig *rig;
    long height;
    unsigned nodes; /* of its tree; 0: not known yet */
    struct twig *child;
    struct ps_wait wait;
};
static void twig_run(struct ps_task *task);
static struct ps_wait *twig_step(struct ps_task *task);

static void twig_release(struct ps_task *task)
{
    rig_released(((struct twig *)task)->rig, task->outcome);
}

static const struct ps_body twig_body = {
    .name = "twig", .run = twig_run, .step = twig_step, .release = twig_release};

static bool spawn_twigs(struct rig *rig, struct ps_task *parent, struct twig *twig, long height,
                        int count)
{
    bool all = true;
    for (int i = 0; i < count; i++) {
        twig[i] = (struct twig){.rig = rig, .height = height};
        ps_task_init(&twig[i].task, &twig_body, 0, 0);
        twig[i].task.parent = parent;
        all = ps_submit(rig->engine, &twig[i].task, 0) == PS_OK && all;
    }
    return all;
}

/* The compiler is to believe that somebody reads it. */
static void overwrite(struct twig *twig, size_t bytes)
{
    memset(twig, 0xff, bytes);
    __asm__ volatile("" : : "r"(twig) : "memory");
}

static void count_nodes(struct twig *self, struct twig child[2])
{
    self->nodes = 1 + child[0].nodes + child[1].nodes;
    overwrite(child, 2 * sizeof *child);
}

static void twig_run(struct ps_task *task)
{
    struct twig *self = (struct twig *)task, child[2];
    struct ps_wait wait = {
        .kind = PS_WAIT_JOIN, .why = PS_STATE_JOIN, .until_ns = PS_NEVER, .fd = -1};
    self->nodes = 1;
    if (self->height == 0)
        return;
    bool all = spawn_twigs(self->rig, task, child, self->height - 1, 2);
    if (ps_wait(task, &wait) != PS_OK || !all)
        abort();
    count_nodes(self, child);
}

static struct ps_wait *twig_step(struct ps_task *task)
{
    struct twig *self = (struct twig *)task;
    if (self->height == 0) {
        self->nodes = 1;
        return NULL;
    }
    if (!self->child) {
        self->child = malloc(2 * sizeof *self->child);
        if (!self->child || !spawn_twigs(self->rig, task, self->child, self->height - 1, 2))
            abort();
        self->wait = (struct ps_wait){
            .kind = PS_WAIT_JOIN, .why = PS_STATE_JOIN, .until_ns = PS_NEVER, .fd = -1};
        return &self->wait;
    }
    if (self->wait.result != PS_OK)
        abort();
    count_nodes(self, self->child);
    free(self->child);
    return NULL;
}

/* job->data: a block for one twig of job->number's height. */
static struct ps_wait *step_root_twig(struct job *job)
{
    struct twig *twig = job->data;
    if (job->phase == 0) {
        job->data = twig = malloc(sizeof *twig);
        if (!twig || !spawn_twigs(job->rig, &job->task, twig, job->number, 1))
            job->task.outcome = PS_FAILED;
        return job_wait(job, PS_WAIT_JOIN, PS_STATE_JOIN, PS_NEVER);
    }
    if (job->wait.result != PS_OK || twig->nodes != (2u << job->number) - 1)
        job->task.outcome = PS_FAILED;
    overwrite(twig, sizeof *twig);
    free(twig);
    return NULL;
}

static void grow_twigs(const struct subject *subject, unsigned workers, long height, int rounds)
{
    struct rig rig;
    uint64_t nodes = 0;
    rig_open(&rig, subject, workers);
    for (int i = 0; i < rounds; i++) {
        struct job *root = rig_job(&rig, step_root_twig);
        root->number = height;
        rig_submit(&rig, root);
        nodes += UINT64_C(2) << height;
        rig_await(&rig, nodes);
    }
    assert_int_equal(rig.outcomes[PS_COMPLETED], nodes);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* Nobody touches a task whose join is over, though the last of its own children was perhaps about to
 * wake it. 8 tasks that join may hold 8 threads. */
static void joined_memory_is_the_parents(const struct subject *subject)
{
    grow_twigs(subject, 16, 3, subject_rounds(subject, 40));
    if (subject_has(subject, PS_TRAIT_HELPS) || !subject_holds_threads(subject))
        grow_twigs(subject, 3, 8, subject_rounds(subject, 4));
}

const struct contract_case frame_cases[] = {
    {"joined_memory_is_the_parents", joined_memory_is_the_parents, false},
    {NULL, NULL, false},
};
