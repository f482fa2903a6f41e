/* The reader of control groups, against folders that look as the kernel's do: version 2, version 1, both at
 * once, and seen from inside a container. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/machine.h"
#include "support.h"

static char root[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/poolscope-test-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", root);
    return system(command);
}

/* A file below the root, with the folders on its way. */
static void put(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')); *at++ = '/') {
        *at = '\0';
        mkdir(path, 0700);
    }
    FILE *to = fopen(path, "w");
    assert_non_null(to);
    fputs(text, to);
    assert_int_equal(fclose(to), 0);
}

static struct ps_cgroup taken(void)
{
    struct ps_cgroup cgroup;
    ps_cgroup_read(&cgroup, root);
    return cgroup;
}

static void quota_is(double cpus)
{
    double found = taken().quota;
    if (fabs(found - cpus) > 1e-9)
        fail_msg("a quota of %g CPUs, not %g", found, cpus);
}

static void no_groups_no_limits(void **state)
{
    (void)state;
    struct ps_cgroup cgroup = taken();
    assert_true(cgroup.quota == 0);
    assert_int_equal(cgroup.throttled_ns, 0);
    assert_true(cgroup.memory_left == UINT64_MAX && cgroup.threads_left == UINT64_MAX);
    put("proc/self/cgroup", "0::/user.slice\n");
    quota_is(0);
}

static void version_2_takes_the_tightest_of_all_above(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/system.slice/job.service\n");
    put("sys/fs/cgroup/system.slice/job.service/cpu.max", "max 100000\n");
    quota_is(0);
    put("sys/fs/cgroup/system.slice/cpu.max", "150000 100000\n");
    quota_is(1.5);
    put("sys/fs/cgroup/system.slice/job.service/cpu.max", "50000 100000\n");
    quota_is(0.5);
    put("sys/fs/cgroup/system.slice/cpu.max", "20000 100000\n");
    quota_is(0.2);
}

static void version_1_has_a_folder_a_controller(void **state)
{
    (void)state;
    put("proc/self/cgroup", "12:pids:/job\n4:cpu,cpuacct:/job/step\n3:cpuset:/elsewhere\n");
    put("sys/fs/cgroup/cpu/job/step/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/job/step/cpu.cfs_period_us", "100000\n");
    quota_is(0);
    put("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "200000\n");
    put("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    quota_is(2);
    put("sys/fs/cgroup/cpu/elsewhere/cpu.cfs_quota_us", "1000\n");
    put("sys/fs/cgroup/cpu/elsewhere/cpu.cfs_period_us", "100000\n");
    quota_is(2);
}

/* systemd's hybrid: controllers are version 1, the unified hierarchy has none of them. */
static void both_versions_at_once(void **state)
{
    (void)state;
    put("proc/self/cgroup", "2:cpu,cpuacct:/job\n1:name=systemd:/job\n0::/job\n");
    put("sys/fs/cgroup/unified/job/cgroup.procs", "1\n");
    put("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "75000\n");
    put("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "50000\n");
    quota_is(1.5);
    put("sys/fs/cgroup/unified/job/cpu.max", "10000 10000\n");
    quota_is(1);
}

/* The path is that of the host, the folder that is mounted is the container's own. */
static void from_inside_a_container(void **state)
{
    (void)state;
    put("proc/self/cgroup", "5:cpu,cpuacct:/docker/4f2a\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
    put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    quota_is(0.5);
}

static void the_namespace_root_is_a_group_too(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/\n");
    put("sys/fs/cgroup/cpu.max", "250000 100000\n");
    quota_is(2.5);
}

static void throttling_is_that_of_the_group_held_up_longest(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/a/b\n");
    put("sys/fs/cgroup/a/b/cpu.stat",
        "usage_usec 5\nnr_periods 3\nnr_throttled 1\nthrottled_usec 70\n");
    put("sys/fs/cgroup/a/cpu.stat", "usage_usec 5\nthrottled_usec 900\n");
    assert_int_equal(taken().throttled_ns, 900000);
    put("proc/self/cgroup", "2:cpu:/a\n");
    put("sys/fs/cgroup/cpu/a/cpu.stat", "nr_periods 9\nnr_throttled 4\nthrottled_time 1234567\n");
    assert_int_equal(taken().throttled_ns, 1234567);
    assert_int_equal(ps_cgroup_throttled_ns(root), 1234567);
}

/* What is left is asked of each group: the one with the limit need not be the one that we are in. */
static void what_is_left_is_of_the_group_with_least(void **state)
{
    (void)state;
    put("proc/self/cgroup", "0::/a/b\n");
    put("sys/fs/cgroup/a/b/memory.max", "max\n");
    put("sys/fs/cgroup/a/b/memory.current", "1000\n");
    put("sys/fs/cgroup/a/memory.max", "10000\n");
    put("sys/fs/cgroup/a/memory.current", "9000\n");
    put("sys/fs/cgroup/a/b/pids.max", "50\n");
    put("sys/fs/cgroup/a/b/pids.current", "60\n");
    assert_int_equal(taken().memory_left, 1000);
    assert_int_equal(taken().threads_left, 0);
}

static void nonsense_is_no_limit(void **state)
{
    (void)state;
    put("proc/self/cgroup", "no colon\n:\n7:cpux:/x\n0::/a\n");
    put("sys/fs/cgroup/a/cpu.max", "50000\n");
    quota_is(0);
    put("sys/fs/cgroup/a/cpu.max", "50000 0\n");
    quota_is(0);
    put("sys/fs/cgroup/a/cpu.max", "");
    quota_is(0);
    put("sys/fs/cgroup/a/cpu.max", "-1 100000\n");
    quota_is(0);
}

/* Half a CPU is one worker; a quota above what there is takes nothing away. */
static void usable_cpus_follow_the_quota(void **state)
{
    (void)state;
    struct ps_machine machine;
    put("proc/self/cgroup", "0::/a\n");
    put("sys/fs/cgroup/a/cpu.max", "50000 100000\n");
    ps_machine_read_below(&machine, root);
    assert_true(machine.quota == 0.5);
    assert_int_equal(machine.usable, 1);
    put("sys/fs/cgroup/a/cpu.max", "99900000 100000\n");
    ps_machine_read_below(&machine, root);
    assert_int_equal(machine.usable, machine.affinity);
    put("sys/fs/cgroup/a/memory.max", "5000000\n");
    put("sys/fs/cgroup/a/memory.current", "2000000\n");
    put("sys/fs/cgroup/a/pids.max", "20\n");
    put("sys/fs/cgroup/a/pids.current", "13\n");
    ps_machine_read_below(&machine, root);
    assert_int_equal(machine.available, 3000000);
    assert_int_equal(machine.threads, 7);
    assert_string_equal(machine.threads_limit, "cgroup pids.max");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(no_groups_no_limits),
        TEST(version_2_takes_the_tightest_of_all_above),
        TEST(version_1_has_a_folder_a_controller),
        TEST(both_versions_at_once),
        TEST(from_inside_a_container),
        TEST(the_namespace_root_is_a_group_too),
        TEST(throttling_is_that_of_the_group_held_up_longest),
        TEST(what_is_left_is_of_the_group_with_least),
        TEST(nonsense_is_no_limit),
        TEST(usable_cpus_follow_the_quota),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
