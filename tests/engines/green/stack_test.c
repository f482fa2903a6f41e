/* Stacks: guards, reuse, and what a signal handler learns of an overflow. */
#include "kit.h"

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engines/green/green.h"
#include "engines/green/stack.h"

enum { STATUS = 40, TYPE = 1, MANY = 5000 };

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

static __attribute__((noinline)) int descend(volatile int depth)
{
    volatile char frame[512];
    memset((char *)frame, depth, sizeof frame);
    return depth == INT_MAX ? 0 : descend(depth + 1) + frame[0];
}

static void overflow(struct ps_task *task)
{
    (void)task;
    descend(0);
}

static void overflow_after_a_wait(struct ps_task *task)
{
    kit_wait(task, PS_WAIT_YIELD, PS_STATE_SLEEP);
    kit_sleep(task, PS_NS_PER_MS);
    descend(0);
}

static void wild(struct ps_task *task)
{
    (void)task;
    volatile int *volatile nowhere = NULL;
    *nowhere = 1;
}

/* In a child: the handler ends the process. */
static int status_of(void (*run)(struct ps_task *))
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct kit kit;
        struct ps_task task;
        struct ps_body body = {.name = "fault", .run = run};
        handle_faults();
        kit_open(&kit, (struct kit_case){"steal", 2});
        ps_task_init(&task, &body, 1, TYPE);
        ps_submit(kit.engine, &task, PS_NEVER);
        kit_close(&kit, PS_CLOSE_DRAIN);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void an_overflow_names_its_task(void **state)
{
    (void)state;
    assert_int_equal(status_of(overflow), STATUS + TYPE);
    assert_int_equal(status_of(overflow_after_a_wait), STATUS + TYPE);
}

static void another_fault_is_no_overflow(void **state)
{
    (void)state;
    assert_int_equal(status_of(wild), 1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overflow_names_its_task),
        cmocka_unit_test(another_fault_is_no_overflow),
        cmocka_unit_test(addresses_map_to_guards),
        cmocka_unit_test(sizes_are_classes),
        cmocka_unit_test(stacks_are_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
