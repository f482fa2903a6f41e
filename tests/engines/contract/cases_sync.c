/* Mutexes, semaphores, conditions, wait groups and scopes, in event style, which every engine runs, and
 * on the test's own thread, which is no task. */
#include "engines/contract/kit.h"

#include <string.h>

#include "base/rng.h"
#include "engines/scope.h"
#include "engines/sync.h"

enum { TASKS = 12, TURNS = 20 };

/* What a test's task needs beside its job: it outlives the task. */
struct user {
    struct ps_sync_wait wait;
    bool waits, holds, marked;
    unsigned turns;
    uint64_t until_ns;
    enum ps_err last;
};

static struct user users[64];
static struct ps_mutex mutex;
static struct ps_cond cond;
static struct ps_semaphore semaphore;
static struct ps_wait_group group;
static struct ps_scope scopes[8];
static struct ps_scope_member members[1001];
static unsigned long shared; /* under `mutex` */
static bool gate;            /* under `mutex` */

static void begin(struct rig *rig, const struct subject *subject, unsigned workers)
{
    memset(users, 0, sizeof users);
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++)
        users[i].last = PS_EINVAL; /* never ran */
    ps_mutex_init(&mutex);
    ps_cond_init(&cond);
    shared = 0;
    gate = false;
    rig_open(rig, subject, workers);
}

static struct job *use(struct rig *rig, job_step *step, unsigned user, uint64_t until_ns)
{
    struct job *job = rig_job(rig, step);
    job->data = &users[user];
    job->number = (long)user;
    users[user].until_ns = until_ns;
    rig_submit(rig, job);
    return job;
}

static enum ps_err note(struct user *user, enum ps_err err)
{
    user->waits = err == PS_EAGAIN;
    return user->last = err;
}

static struct ps_wait *end(struct job *job)
{
    struct user *user = job->data;
    if (user->last == PS_ECANCELED)
        ps_task_give_up(&job->task);
    return NULL;
}

/* ---- mutex ---- */

/* Adds to `shared` in two pieces, with a yield between. */
static struct ps_wait *step_add(struct job *job)
{
    struct user *user = job->data;
    for (;;) {
        if (user->holds) {
            shared++;
            user->holds = false;
            ps_mutex_unlock(&mutex);
            if (++user->turns == TURNS)
                return NULL;
        }
        enum ps_err err = note(
            user, user->waits ? ps_sync_again(&user->wait)
                              : ps_mutex_begin(&mutex, &job->task, &user->wait, user->until_ns));
        if (err == PS_EAGAIN)
            return &user->wait.wait;
        user->holds = true;
        shared++;
        if (user->turns % 2)
            return job_wait(job, PS_WAIT_YIELD, PS_STATE_RUN, PS_NEVER);
    }
}

static void a_mutex_lets_one_in(const struct subject *subject)
{
    struct rig rig;
    begin(&rig, subject, 4);
    for (unsigned i = 0; i < TASKS; i++)
        use(&rig, step_add, i, PS_NEVER);
    for (unsigned i = 0; i < TURNS; i++) {
        assert_int_equal(ps_mutex_lock(&mutex, NULL, PS_NEVER), PS_OK);
        assert_int_equal(shared % 2, 0);
        shared += 2;
        ps_mutex_unlock(&mutex);
    }
    rig_await(&rig, TASKS);
    assert_int_equal(shared, 2 * TURNS * (TASKS + 1));
    assert_true(ps_mutex_try(&mutex));
    assert_false(ps_mutex_try(&mutex));
    assert_int_equal(ps_mutex_lock(&mutex, NULL, ps_now_ns() + PS_NS_PER_MS), PS_ETIMEDOUT);
    assert_null(mutex.place.queue.first);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* ---- semaphore ---- */

static struct ps_wait *step_take(struct job *job)
{
    struct user *user = job->data;
    if (job->phase == 0)
        rig_mark(job->rig);
    enum ps_err err = note(user, user->waits ? ps_sync_again(&user->wait)
                                             : ps_semaphore_begin(&semaphore, &job->task,
                                                                  &user->wait, user->until_ns));
    return err == PS_EAGAIN ? &user->wait.wait : end(job);
}

/* Waiters whose time passes and who are cancelled just when a place is put: it is theirs or it is there
 * for the next. */
static void no_place_is_lost(const struct subject *subject)
{
    enum { WAITERS = 60 };
    struct ps_rng rng = ps_rng_make(1, 0);
    for (int round = 0; round < 3; round++) {
        struct rig rig;
        struct job *job[WAITERS];
        uint32_t taken = 0;
        begin(&rig, subject, 4);
        ps_semaphore_init(&semaphore, 0);
        for (unsigned i = 0; i < WAITERS; i++)
            job[i] = use(&rig, step_take, i,
                         i % 3 ? PS_NEVER : ps_now_ns() + ps_rng_below(&rng, PS_NS_PER_MS));
        rig_await_marks(&rig, subject_holds_threads(subject) ? 4 : WAITERS);
        for (unsigned i = 0; i < WAITERS && round == 0; i++) /* all give up, and are gone */
            ps_task_cancel(&job[i]->task);
        if (round == 0)
            rig_await(&rig, WAITERS);
        for (unsigned i = 0; i < WAITERS; i++) {
            if (i % 2 && round > 0)
                ps_task_cancel(&job[i]->task);
            ps_semaphore_put(&semaphore);
        }
        rig_close(&rig, PS_CLOSE_DRAIN);
        for (unsigned i = 0; i < WAITERS; i++)
            taken += users[i].last == PS_OK;
        assert_null(semaphore.queue.first);
        assert_int_equal(taken + atomic_load(&semaphore.word), WAITERS);
    }
}

static struct ps_wait *step_put(struct job *job)
{
    ps_semaphore_put(job->data);
    return NULL;
}

/* Whoever has got what he waited for may do away with it: nobody touches it any more. */
static void a_semaphore_may_go_once_it_was_got(const struct subject *subject)
{
    enum { ROUNDS = 100 };
    struct rig rig;
    begin(&rig, subject, 2);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct ps_semaphore here;
        ps_semaphore_init(&here, 0);
        struct job *job = rig_job(&rig, step_put);
        job->data = &here;
        rig_submit(&rig, job);
        while (ps_semaphore_take(&here, NULL, ps_now_ns() + 10000) != PS_OK)
            ;
        memset(&here, 0xff, sizeof here);
    }
    rig_await(&rig, ROUNDS);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* ---- condition ---- */

/* Through the gate, when it is open. */
static struct ps_wait *step_pass(struct job *job)
{
    struct user *user = job->data;
    enum ps_err err = user->waits ? ps_sync_again(&user->wait)
                                  : ps_mutex_begin(&mutex, &job->task, &user->wait, PS_NEVER);
    if (err == PS_OK && !gate) {
        if (!user->marked)
            rig_mark(job->rig);
        user->marked = true;
        ps_cond_begin(&cond, &mutex, &job->task, &user->wait, user->until_ns);
        err = PS_EAGAIN;
    }
    note(user, err);
    if (err == PS_EAGAIN)
        return &user->wait.wait;
    if (err == PS_OK || err == PS_ETIMEDOUT) {
        shared++;
        ps_mutex_unlock(&mutex);
    }
    return end(job);
}

/* The mutex is ours, and so many wait for the gate. */
static void await_waiters(struct rig *rig, unsigned waiters)
{
    rig_await_marks(rig, waiters);
    assert_int_equal(ps_mutex_lock(&mutex, NULL, PS_NEVER), PS_OK);
}

static void a_broadcast_calls_everybody(const struct subject *subject)
{
    struct rig rig;
    begin(&rig, subject, TASKS);
    for (unsigned i = 0; i < TASKS; i++)
        use(&rig, step_pass, i, PS_NEVER);
    await_waiters(&rig, TASKS);
    ps_cond_signal(&cond); /* in vain: the gate is shut */
    ps_mutex_unlock(&mutex);
    assert_int_equal(ps_mutex_lock(&mutex, NULL, PS_NEVER), PS_OK);
    gate = true;
    ps_cond_broadcast(&cond);
    assert_null(cond.queue.first);
    ps_mutex_unlock(&mutex);
    rig_await(&rig, TASKS);
    assert_int_equal(shared, TASKS);
    for (unsigned i = 0; i < TASKS; i++)
        assert_int_equal(users[i].last, PS_OK);
    assert_true(ps_mutex_try(&mutex));
    rig_close(&rig, PS_CLOSE_DRAIN);
}

static void a_condition_waits_no_longer_than_asked(const struct subject *subject)
{
    struct rig rig;
    begin(&rig, subject, TASKS);
    for (unsigned i = 0; i < TASKS; i++)
        use(&rig, step_pass, i, ps_now_ns() + (i % 3) * PS_NS_PER_MS);
    rig_await(&rig, TASKS);
    for (unsigned i = 0; i < TASKS; i++)
        assert_int_equal(users[i].last, PS_ETIMEDOUT);
    assert_int_equal(shared, TASKS);
    assert_null(cond.queue.first);
    assert_true(ps_mutex_try(&mutex));
    assert_int_equal(ps_cond_wait(&cond, &mutex, NULL, ps_now_ns() + PS_NS_PER_MS), PS_ETIMEDOUT);
    assert_false(ps_mutex_try(&mutex));
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* Who is signalled, and cancelled before he has the mutex, hands the signal on. */
static void a_signal_outlives_a_cancelled_waiter(const struct subject *subject)
{
    struct rig rig;
    begin(&rig, subject, 2);
    for (unsigned i = 0; i < 2; i++)
        use(&rig, step_pass, i, PS_NEVER);
    await_waiters(&rig, 2);
    struct ps_task *first = cond.queue.first->task;
    long number = ((struct job *)first)->number;
    gate = true;
    ps_cond_signal(&cond);
    ps_task_cancel(first);
    rig_await(&rig, 1);
    assert_int_equal(users[number].last, PS_ECANCELED);
    assert_int_equal(shared, 0);
    ps_mutex_unlock(&mutex);
    rig_await(&rig, 2);
    assert_int_equal(users[1 - number].last, PS_OK);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* ---- wait group ---- */

static struct ps_wait *step_work(struct job *job)
{
    struct user *user = job->data;
    if (job->phase == 0)
        return job_wait(job, PS_WAIT_YIELD, PS_STATE_RUN, PS_NEVER);
    user->turns = 1;
    ps_wait_group_done(&group);
    return NULL;
}

static bool all_have_worked(void)
{
    for (unsigned i = 0; i < TASKS; i++)
        if (users[i].turns != 1)
            return false;
    return true;
}

static struct ps_wait *step_wait_for_group(struct job *job)
{
    struct user *user = job->data;
    enum ps_err err = note(
        user, user->waits ? ps_sync_again(&user->wait)
                          : ps_wait_group_begin(&group, &job->task, &user->wait, user->until_ns));
    if (err == PS_EAGAIN)
        return &user->wait.wait;
    user->holds = err == PS_OK && all_have_worked();
    return end(job);
}

static void a_group_is_waited_for(const struct subject *subject)
{
    enum { WAITERS = 5 };
    for (int round = 0; round < 5; round++) {
        struct rig rig;
        begin(&rig, subject, WAITERS + 2);
        ps_wait_group_init(&group, TASKS);
        for (unsigned i = 0; i < WAITERS; i++)
            use(&rig, step_wait_for_group, TASKS + i, i > 0 ? PS_NEVER : ps_now_ns() + 20000);
        for (unsigned i = 0; i < TASKS; i++)
            use(&rig, step_work, i, PS_NEVER);
        assert_int_equal(ps_wait_group_wait(&group, NULL, PS_NEVER), PS_OK);
        assert_true(all_have_worked());
        rig_await(&rig, WAITERS + TASKS);
        for (unsigned i = 0; i < WAITERS; i++) {
            struct user *user = &users[TASKS + i];
            assert_true(user->last == PS_OK ? user->holds : i == 0 && user->last == PS_ETIMEDOUT);
        }
        assert_null(group.queue.first);
        assert_int_equal(atomic_load(&group.word), 0);
        rig_close(&rig, PS_CLOSE_DRAIN);
    }
}

static struct ps_wait *step_done(struct job *job)
{
    ps_wait_group_done(job->data);
    return NULL;
}

static void a_group_may_go_once_it_was_waited_for(const struct subject *subject)
{
    enum { ROUNDS = 50, WORK = 3 };
    struct rig rig;
    begin(&rig, subject, 3);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct ps_wait_group here;
        ps_wait_group_init(&here, 0);
        for (unsigned k = 0; k < WORK; k++) {
            struct job *job = rig_job(&rig, step_done);
            job->data = &here;
            ps_wait_group_add(&here, 1);
            rig_submit(&rig, job);
        }
        while (ps_wait_group_wait(&here, NULL, ps_now_ns() + 10000) != PS_OK)
            ;
        memset(&here, 0xff, sizeof here);
    }
    rig_await(&rig, ROUNDS * WORK);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

/* ---- scopes ---- */

static struct ps_wait *step_sleep_long(struct job *job)
{
    if (job->phase == 0 && !job->data)
        rig_mark(job->rig);
    if (job_cancelled(job) || job->phase > 0)
        return NULL;
    return job_wait(job, PS_WAIT_UNTIL, PS_STATE_SLEEP, ps_now_ns() + PATIENCE_NS);
}

static enum ps_err enter(struct rig *rig, job_step *step, unsigned scope, unsigned member)
{
    return ps_scope_submit(&scopes[scope], rig->engine, &members[member], &rig_job(rig, step)->task,
                           PS_NEVER);
}

/* Scope i lies in (i - 1) / 2. */
static void open_tree(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ps_scope_open(&scopes[i], i > 0 ? &scopes[(i - 1) / 2] : NULL, NULL);
}

static void close_tree(unsigned count)
{
    while (count-- > 0) {
        assert_int_equal(ps_scope_wait(&scopes[count], NULL, PS_NEVER), PS_OK);
        ps_scope_close(&scopes[count]);
        assert_null(scopes[count].first);
        assert_null(scopes[count].children);
    }
}

/* Threads that sleep are few; what did not get one is cancelled in the queue. */
static void a_cancel_reaches_a_thousand_sleepers(const struct subject *subject)
{
    enum { SCOPES = 8, SLEEPERS = 1000 };
    struct rig rig;
    unsigned below = 0;
    struct ps_engine_config config = rig_config(4, 4096);
    config.limit = subject_holds_threads(subject) ? 8 : 0;
    rig_start(&rig, subject, config);
    open_tree(SCOPES);
    for (unsigned i = 0; i < SLEEPERS; i++) {
        assert_int_equal(enter(&rig, step_sleep_long, i % SCOPES, i), PS_OK);
        below += i % SCOPES == 1 || i % SCOPES == 3 || i % SCOPES == 4 || i % SCOPES == 7;
    }
    rig_await_marks(&rig, subject_holds_threads(subject) ? 1 : SLEEPERS);
    assert_int_equal(ps_scope_wait(&scopes[1], NULL, ps_now_ns() + PS_NS_PER_MS), PS_ETIMEDOUT);
    ps_scope_cancel(&scopes[1]);
    assert_true(ps_scope_cancelled(&scopes[7]));
    assert_false(ps_scope_cancelled(&scopes[0]));
    assert_int_equal(ps_scope_submit(&scopes[3], rig.engine, &members[SLEEPERS],
                                     &rig_job(&rig, step_nothing)->task, PS_NEVER),
                     PS_ECANCELED);
    if (!subject_holds_threads(subject)) {
        assert_int_equal(ps_scope_wait(&scopes[7], NULL, PS_NEVER), PS_OK);
        rig_await(&rig, below);
        assert_non_null(scopes[2].first);
    }
    ps_scope_cancel(&scopes[0]);
    close_tree(SCOPES);
    rig_await(&rig, SLEEPERS);
    assert_int_equal(rig.outcomes[PS_CANCELLED], SLEEPERS);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

enum { OWNERS = 6, PARTS = 5 };

struct owner {
    struct ps_scope scope;
    struct ps_scope_member member, part[PARTS];
    struct ps_sync_wait wait;
    bool waits, whole;
    _Atomic unsigned ended;
};
static struct owner owners[OWNERS];

static void count_part(struct job *job)
{
    atomic_fetch_add(&((struct owner *)job->data)->ended, 1);
}

static struct ps_wait *step_own(struct job *job)
{
    struct owner *owner = job->data;
    if (job->phase == 0) {
        rig_mark(job->rig);
        ps_scope_open(&owner->scope, &scopes[0], &job->task);
        for (unsigned i = 0; i < PARTS; i++) {
            struct job *part = rig_job(job->rig, i % 2 ? step_nothing : step_sleep_long);
            part->data = owner;
            part->ended = count_part;
            part->task.deadline_ns = i % 2 ? PS_NEVER : ps_now_ns() + PS_NS_PER_MS;
            ps_scope_submit(&owner->scope, job->rig->engine, &owner->part[i], &part->task,
                            PS_NEVER);
        }
    }
    enum ps_err err = owner->waits
                          ? ps_sync_again(&owner->wait)
                          : ps_scope_begin(&owner->scope, &job->task, &owner->wait, PS_NEVER);
    owner->waits = err == PS_EAGAIN;
    if (err == PS_EAGAIN)
        return &owner->wait.wait;
    owner->whole = err == PS_OK && atomic_load(&owner->ended) == PARTS;
    if (err == PS_ECANCELED)
        ps_task_give_up(&job->task);
    ps_scope_close(&owner->scope);
    return NULL;
}

/* Each owner is in the outermost scope, and waits for one of its own; in odd rounds all are cancelled
 * somewhere on the way, and an owner may end before its parts. */
static void owners_wait_for_their_scopes(const struct subject *subject)
{
    for (unsigned round = 0; round < 6; round++) {
        struct rig rig;
        memset(owners, 0, sizeof owners);
        rig_open(&rig, subject, OWNERS + 2);
        open_tree(1);
        for (unsigned i = 0; i < OWNERS; i++) {
            struct job *job = rig_job(&rig, step_own);
            job->data = &owners[i];
            assert_int_equal(
                ps_scope_submit(&scopes[0], rig.engine, &owners[i].member, &job->task, PS_NEVER),
                PS_OK);
        }
        if (round % 2) {
            rig_await_marks(&rig, round);
            ps_scope_cancel(&scopes[0]);
        }
        close_tree(1);
        rig_close(&rig, PS_CLOSE_DRAIN);
        for (unsigned i = 0; i < OWNERS; i++)
            assert_true(round % 2 || owners[i].whole);
    }
}

static void who_is_refused_is_no_member(const struct subject *subject)
{
    struct rig rig;
    struct ps_engine_config config = rig_config(1, 2);
    config.on_full = PS_ON_FULL_REFUSE;
    rig_start(&rig, subject, config);
    rig_pause(&rig, true);
    open_tree(1);
    for (unsigned i = 0; i < 8; i++) {
        enum ps_err err = enter(&rig, step_nothing, 0, i);
        assert_true(err == PS_OK || err == PS_EFULL);
        rig.outcomes[PS_REFUSED] += err == PS_EFULL;
    }
    rig_pause(&rig, false);
    assert_int_equal(ps_scope_wait(&scopes[0], NULL, PS_NEVER), PS_OK);
    close_tree(1);
    rig_close(&rig, PS_CLOSE_DRAIN);
}

const struct contract_case sync_cases[] = {
    {"a_mutex_lets_one_in", a_mutex_lets_one_in, true},
    {"no_place_is_lost", no_place_is_lost, true},
    {"a_semaphore_may_go_once_it_was_got", a_semaphore_may_go_once_it_was_got, true},
    {"a_broadcast_calls_everybody", a_broadcast_calls_everybody, true},
    {"a_condition_waits_no_longer_than_asked", a_condition_waits_no_longer_than_asked,
     .shares = true},
    {"a_signal_outlives_a_cancelled_waiter", a_signal_outlives_a_cancelled_waiter, true},
    {"a_group_is_waited_for", a_group_is_waited_for, true},
    {"a_group_may_go_once_it_was_waited_for", a_group_may_go_once_it_was_waited_for,
     .shares = true},
    {"a_cancel_reaches_a_thousand_sleepers", a_cancel_reaches_a_thousand_sleepers, true},
    {"owners_wait_for_their_scopes", owners_wait_for_their_scopes, true},
    {"who_is_refused_is_no_member", who_is_refused_is_no_member, true},
    {NULL, NULL, false},
};
