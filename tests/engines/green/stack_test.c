/* Stacks: guards, reuse, and what a signal handler learns of an overflow. */
#include "kit.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engines/green/green.h"
#include "engines/green/scheduler.h"
#include "engines/green/slab.h"

enum { STATUS = 40, TYPE = 1, MANY = 5000, A_LOT = 300000, FRAME = 512 };

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    unsigned type = UINT_MAX;
    bool overflow = ps_green_stack_overflow(info->si_addr, &type);
    _exit(overflow ? STATUS + (int)type : 1);
}

static void handle_faults(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

static __attribute__((noinline)) int descend(volatile int depth, const void *low)
{
    volatile char frame[FRAME];
    memset((char *)frame, depth | 1, sizeof frame);
    return (char *)frame < (char *)low ? 0 : descend(depth + 1, low) + frame[0];
}

static void overflow(struct ps_task *task)
{
    (void)task;
    descend(0, NULL);
}

static void overflow_after_a_wait(struct ps_task *task)
{
    kit_wait(task, PS_WAIT_YIELD, PS_STATE_SLEEP);
    kit_sleep(task, PS_NS_PER_MS);
    descend(0, NULL);
}

/* Into the page where its guard would be, and back. */
static void overflow_a_little(struct ps_task *task)
{
    struct fiber *self = task->context;
    char *low = slab_low(self->slab, slab_index(self->slab, self));
    descend(0, low + self->slab->page_bytes);
    kit_sleep(task, PS_NS_PER_MS);
}

static void wild(struct ps_task *task)
{
    (void)task;
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

/* How a child runs its task. */
struct trial {
    void (*run)(struct ps_task *);
    size_t stack_bytes;
    bool old_kernel; /* no MADV_GUARD_INSTALL */
    size_t made;     /* stacks that are in use already */
};

/* In a child: the handler ends the process. */
static int status_of(struct trial trial)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct kit kit;
        struct ps_task task;
        struct ps_body body = {.name = "fault", .run = trial.run};
        handle_faults();
        kit_config(&kit, (struct kit_case){"steal", 2});
        kit.config.stack_bytes = trial.stack_bytes;
        kit_create(&kit);
        struct stack_depot *depot = &((struct green *)kit.engine)->depot;
        if (trial.old_kernel)
            depot->guard = PS_GREEN_GUARD_MPROTECT;
        depot->made = trial.made;
        ps_engine_start(kit.engine);
        ps_task_init(&task, &body, 1, TYPE);
        ps_submit(kit.engine, &task, PS_NEVER);
        kit_close(&kit, PS_CLOSE_DRAIN);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void expect_exit(struct trial trial, int code)
{
    int status = status_of(trial);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), code);
}

static const size_t classes[] = {16 * 1024, 32 * 1024, 64 * 1024, 256 * 1024};
enum { CLASSES = sizeof classes / sizeof *classes };

static void an_overflow_names_its_task(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLASSES; i++) {
        expect_exit((struct trial){.run = overflow, .stack_bytes = classes[i]}, STATUS + TYPE);
        expect_exit((struct trial){.run = overflow_after_a_wait, .stack_bytes = classes[i]},
                    STATUS + TYPE);
        expect_exit((struct trial){.run = overflow, .stack_bytes = classes[i], .old_kernel = true},
                    STATUS + TYPE);
    }
}

static void without_a_guard_the_next_switch_tells(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLASSES; i++) {
        int status = status_of((struct trial){.run = overflow_a_little,
                                              .stack_bytes = classes[i],
                                              .old_kernel = true,
                                              .made = GUARD_FIRST + GUARD_EVERY});
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    }
}

static void another_fault_is_no_overflow(void **state)
{
    (void)state;
    expect_exit((struct trial){.run = wild}, 1);
}

static void nothing(void *fiber)
{
    (void)fiber;
    abort();
}

static void addresses_map_to_guards(void **state)
{
    (void)state;
    struct stack_depot depot;
    struct stack_pool pool = {0};
    unsigned type = 0;
    assert_int_equal(stack_depot_init(&depot, 0), PS_OK);
    struct fiber *fiber = stack_take(&depot, &pool, NULL, nothing);
    assert_non_null(fiber);
    uintptr_t low = (uintptr_t)fiber & ~(depot.stack_bytes - 1);
    assert_true(ps_green_stack_overflow((void *)low, &type));
    assert_int_equal(type, UINT32_MAX);
    atomic_store(&fiber->type, 9);
    assert_true(ps_green_stack_overflow((void *)(low + depot.page_bytes - 1), &type));
    assert_int_equal(type, 9);
    assert_false(ps_green_stack_overflow((void *)(low + depot.page_bytes), &type));
    assert_false(ps_green_stack_overflow(fiber, &type));
    assert_false(ps_green_stack_overflow((void *)(low + depot.stack_bytes), &type));
    assert_false(ps_green_stack_overflow(&depot, &type));
    stack_put(&depot, &pool, fiber);
    stack_depot_destroy(&depot);
    assert_false(ps_green_stack_overflow((void *)low, &type));
}

static void sizes_are_classes(void **state)
{
    (void)state;
    struct stack_depot depot;
    assert_int_equal(stack_depot_init(&depot, 256 * 1024 + 1), PS_EINVAL);
    for (size_t wanted = 1; wanted <= 256 * 1024; wanted = wanted * 3 + 1) {
        assert_int_equal(stack_depot_init(&depot, wanted), PS_OK);
        assert_true(depot.stack_bytes >= wanted);
        assert_int_equal(depot.stack_bytes & (depot.stack_bytes - 1), 0);
        stack_depot_destroy(&depot);
    }
}

/* Over a slab's worth: all distinct, and after they are put back none is made anew. */
static void stacks_are_used_again(void **state)
{
    (void)state;
    struct stack_depot depot;
    struct stack_pool pool = {0}, other = {0};
    unsigned many = MANY / KIT_SCALE;
    struct fiber **fibers = calloc(many, sizeof(struct fiber *));
    assert_int_equal(stack_depot_init(&depot, 0), PS_OK);
    for (unsigned i = 0; i < many; i++) {
        fibers[i] = stack_take(&depot, &pool, NULL, nothing);
        assert_non_null(fibers[i]);
        ((char *)fibers[i])[-64] = 1;
    }
    for (unsigned i = 0; i < many; i++)
        stack_put(&depot, &pool, fibers[i]);
    assert_true(pool.count <= 64);
    stack_flush(&depot, &pool);
    for (unsigned i = 0; i < many; i++)
        fibers[i] = stack_take(&depot, &other, NULL, nothing);
    assert_int_equal(depot.made, many);
    free(fibers);
    stack_depot_destroy(&depot);
}

/* More than vm.max_map_count lets one guard by mprotect. Every one can be used to its lowest page. */
static void a_lot_of_stacks(enum ps_green_guard guard)
{
    struct stack_depot depot;
    struct stack_pool pool = {0};
    assert_int_equal(stack_depot_init(&depot, 0), PS_OK);
    if (guard == PS_GREEN_GUARD_MPROTECT)
        depot.guard = guard;
    size_t guarded = 0;
    for (size_t i = 0; i < A_LOT; i++) {
        struct fiber *fiber = stack_take(&depot, &pool, NULL, nothing);
        assert_non_null(fiber);
        guarded += fiber->canary == NULL;
    }
    assert_int_equal(depot.made, A_LOT);
    if (depot.guard == PS_GREEN_GUARD_MADVISE)
        assert_int_equal(guarded, A_LOT);
    else
        assert_in_range(guarded, GUARD_FIRST, GUARD_FIRST + A_LOT / GUARD_EVERY);
    stack_depot_destroy(&depot);
}

static bool has_memory_for_a_lot(void)
{
    return GREEN_STACK_SCALE == 1 && sysconf(_SC_AVPHYS_PAGES) > 2 * (long)A_LOT;
}

static void there_can_be_300_000(void **state)
{
    (void)state;
    if (!has_memory_for_a_lot())
        skip();
    a_lot_of_stacks(PS_GREEN_GUARD_MADVISE);
    a_lot_of_stacks(PS_GREEN_GUARD_MPROTECT);
}

/* While somebody sleeps deeply, stacks that are given back lose their memory; they are guarded and
 * work as before when they are taken again. */
static void cold_stacks_are_built_anew(void **state)
{
    enum { COUNT = 12000 };
    (void)state;
    if (GREEN_STACK_SCALE > 1)
        skip();
    struct stack_depot depot;
    struct stack_pool pool = {0};
    struct fiber **fibers = calloc(COUNT, sizeof(struct fiber *));
    assert_int_equal(stack_depot_init(&depot, 0), PS_OK);
    atomic_store(&depot.deep, 1);
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < COUNT; i++) {
            fibers[i] = stack_take(&depot, &pool, NULL, nothing);
            assert_non_null(fibers[i]);
            assert_int_equal(atomic_load(&fibers[i]->type), UINT32_MAX);
            assert_ptr_equal(slab_fiber(fibers[i]->slab, slab_index(fibers[i]->slab, fibers[i])),
                             fibers[i]);
            fibers[i]->seen = i + 1;
        }
        for (unsigned i = 0; i < COUNT; i++)
            assert_int_equal(fibers[i]->seen, i + 1);
        for (unsigned i = 0; i < COUNT; i++)
            stack_put(&depot, &pool, fibers[i]);
        assert_true(depot.cold_count > 0);
        assert_int_equal(depot.cold_count + depot.warm_count + pool.count, COUNT);
        assert_int_equal(depot.made, COUNT);
    }
    free(fibers);
    stack_depot_destroy(&depot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overflow_names_its_task),
        cmocka_unit_test(without_a_guard_the_next_switch_tells),
        cmocka_unit_test(another_fault_is_no_overflow),
        cmocka_unit_test(addresses_map_to_guards),
        cmocka_unit_test(sizes_are_classes),
        cmocka_unit_test(stacks_are_used_again),
        cmocka_unit_test(there_can_be_300_000),
        cmocka_unit_test(cold_stacks_are_built_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
