/* Channels and select, in event style, which every engine runs: no value is lost or doubled. */
#include "engines/contract/kit.h"

#include <string.h>

#include "engines/chan.h"

enum { SIDES = 3, VALUES = 400 };

/* What a test's task needs beside its job: it outlives the task. */
struct user {
    struct ps_chan_case cases[2];
    struct ps_chan_wait wait;
    unsigned chosen;
    bool waits, closed[2];
    long sent, received;
    uint64_t until_ns;
    enum ps_err last;
};

static struct ps_chan chans[2];
static _Atomic unsigned seen[SIDES * VALUES + 1];
static struct user users[64];

/* One operation, over as many steps as it takes. PS_EAGAIN: return &user->wait.wait. */
static enum ps_err operate(struct job *job, unsigned count)
{
    struct user *user = job->data;
    user->last = user->waits ? ps_select_again(&user->wait, &user->chosen)
                             : ps_select_begin(&user->wait, &job->task, user->cases, count,
                                               &user->chosen, user->until_ns);
    user->waits = user->last == PS_EAGAIN && user->until_ns != 0;
    return user->last;
}

static struct ps_wait *give_up(struct job *job)
{
    ps_task_give_up(&job->task);
    return NULL;
}

/* Sends number * VALUES + 1 ... */
static struct ps_wait *step_send(struct job *job)
{
    struct user *user = job->data;
    while (user->sent < VALUES) {
        user->cases[0] =
            (struct ps_chan_case){&chans[0], true, (void *)(job->number * VALUES + user->sent + 1)};
        enum ps_err err = operate(job, 1);
        if (err == PS_EAGAIN)
            return &user->wait.wait;
        if (err != PS_OK)
            return give_up(job);
        user->sent++;
    }
    rig_mark(job->rig);
    return NULL;
}

/* From both channels, until both are closed and empty. */
static struct ps_wait *step_receive(struct job *job)
{
    struct user *user = job->data;
    for (;;) {
        unsigned open = 0;
        for (int i = 0; i < 2; i++)
            if (!user->closed[i] && ++open && !user->waits)
                user->cases[open - 1] = (struct ps_chan_case){&chans[i], false, NULL};
        if (open == 0)
            return NULL;
        enum ps_err err = operate(job, open);
        if (err == PS_EAGAIN)
            return &user->wait.wait;
        if (err == PS_ECANCELED)
            return give_up(job);
        const struct ps_chan_case *chosen = &user->cases[user->chosen];
        if (err == PS_OK) {
            atomic_fetch_add(&seen[(size_t)chosen->value], 1);
            user->received++;
        } else {
            user->closed[chosen->chan - chans] = true;
        }
    }
}

static void channels_open(size_t capacity)
{
    memset(users, 0, sizeof users);
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
        atomic_store(&seen[i], 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(ps_chan_init(&chans[i], capacity), PS_OK);
}

static struct job *use(struct rig *rig, job_step *step, unsigned user)
{
    struct job *job = rig_job(rig, step);
    job->data = &users[user];
    job->number = (long)user;
    users[user].until_ns = PS_NEVER;
    rig_submit(rig, job);
    return job;
}

static void every_value_once(const struct subject *subject)
{
    for (size_t capacity = 0; capacity < 9; capacity += 4) {
        struct rig rig;
        channels_open(capacity);
        rig_open(&rig, subject, 2 * SIDES);
        for (unsigned i = 0; i < SIDES; i++) {
            use(&rig, step_receive, SIDES + i);
            use(&rig, step_send, i);
        }
        rig_await_marks(&rig, SIDES);
        for (int i = 0; i < 2; i++)
            ps_chan_close(&chans[i]);
        rig_close(&rig, PS_CLOSE_DRAIN);
        for (size_t i = 1; i <= SIDES * VALUES; i++)
            assert_int_equal(atomic_load(&seen[i]), 1);
        for (int i = 0; i < 2; i++)
            ps_chan_destroy(&chans[i]);
    }
}

/* A receiver that is cancelled just when it is served has the value or has not: what was sent is
 * received or still there. */
static void cancelled_receivers_lose_nothing(const struct subject *subject)
{
    enum { RECEIVERS = 40 };
    for (int round = 0; round < 5; round++) {
        struct rig rig;
        struct job *job[RECEIVERS];
        unsigned long sent = 0, received = 0;
        channels_open(4);
        rig_open(&rig, subject, 4);
        for (unsigned i = 0; i < RECEIVERS; i++)
            job[i] = use(&rig, step_receive, i);
        for (unsigned i = 0; i < RECEIVERS; i++) {
            sent += ps_chan_try_send(&chans[i % 2], (void *)1) == PS_OK;
            ps_task_cancel(&job[i]->task);
            sent += ps_chan_try_send(&chans[i % 2], (void *)1) == PS_OK;
        }
        rig_close(&rig, PS_CLOSE_DRAIN);
        for (unsigned i = 0; i < RECEIVERS; i++)
            received += (unsigned long)users[i].received;
        void *value;
        for (int i = 0; i < 2; i++)
            while (ps_chan_try_receive(&chans[i], &value) == PS_OK)
                received++;
        assert_int_equal(received, sent);
        for (int i = 0; i < 2; i++) {
            assert_null(chans[i].receivers.first);
            ps_chan_destroy(&chans[i]);
        }
    }
}

static struct ps_wait *step_receive_once(struct job *job)
{
    struct user *user = job->data;
    user->cases[0] = user->waits ? user->cases[0] : (struct ps_chan_case){&chans[0], false, NULL};
    return operate(job, 1) == PS_EAGAIN && user->until_ns != 0 ? &user->wait.wait : NULL;
}

static void a_wait_ends_at_its_time(const struct subject *subject)
{
    struct rig rig;
    channels_open(0);
    rig_open(&rig, subject, 2);
    struct job *job[2];
    for (unsigned i = 0; i < 2; i++) {
        job[i] = rig_job(&rig, step_receive_once);
        job[i]->data = &users[i];
        users[i].until_ns = i == 0 ? 0 : ps_now_ns() + 20 * PS_NS_PER_MS;
        rig_submit(&rig, job[i]);
    }
    rig_await(&rig, 2);
    assert_int_equal(users[0].last, PS_EAGAIN);
    assert_int_equal(users[1].last, PS_ETIMEDOUT);
    assert_int_equal(ps_chan_try_send(&chans[0], NULL), PS_EAGAIN);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void closing_wakes_everybody(const struct subject *subject)
{
    struct rig rig;
    channels_open(0);
    rig_open(&rig, subject, 2 * SIDES);
    for (unsigned i = 0; i < SIDES; i++)
        use(&rig, step_receive_once, i);
    ps_chan_close(&chans[0]);
    rig_await(&rig, SIDES);
    for (unsigned i = 0; i < SIDES; i++)
        assert_int_equal(users[i].last, PS_ECLOSED);
    assert_int_equal(ps_chan_try_send(&chans[0], NULL), PS_ECLOSED);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

const struct contract_case chan_cases[] = {
    {"every_value_once", every_value_once, true},
    {"cancelled_receivers_lose_nothing", cancelled_receivers_lose_nothing, true},
    {"a_wait_ends_at_its_time", a_wait_ends_at_its_time, true},
    {"closing_wakes_everybody", closing_wakes_everybody, true},
    {NULL, NULL, false},
};
