#include "base/machine.h"

#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/clock.h"

/* First line of a file without its newline; false if it cannot be read. */
static bool first_line(const char *path, char *into, size_t size)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    bool ok = fgets(into, (int)size, f) != NULL;
    fclose(f);
    if (ok)
        into[strcspn(into, "\n")] = '\0';
    return ok;
}

static uint64_t number_in(const char *path, uint64_t missing)
{
    char line[128];
    if (!first_line(path, line, sizeof line) || line[0] < '0' || line[0] > '9')
        return missing;
    return strtoull(line, NULL, 10);
}

uint64_t ps_machine_throttled_ns(void)
{
    return ps_cgroup_throttled_ns("");
}

uint64_t ps_machine_process_cpu_ns(uint64_t pid)
{
    char path[64], line[1024];
    unsigned long long user, system;
    snprintf(path, sizeof path, "/proc/%llu/stat", (unsigned long long)pid);
    if (!first_line(path, line, sizeof line))
        return 0;
    /* The name in brackets may hold anything; the 12th and 13th field behind it. */
    const char *end = strrchr(line, ')');
    if (!end || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user,
                       &system) != 2)
        return 0;
    return (user + system) * (PS_NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK));
}

static void read_cpus(struct ps_machine *m, const struct ps_cgroup *cgroup)
{
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    m->online = online > 0 ? (unsigned)online : 1;
    m->affinity = m->online;
    for (int cpus = 1024; cpus <= 65536; cpus *= 4) {
        cpu_set_t *set = CPU_ALLOC(cpus);
        if (!set)
            break;
        size_t size = CPU_ALLOC_SIZE(cpus);
        CPU_ZERO_S(size, set);
        bool ok = sched_getaffinity(0, size, set) == 0;
        if (ok)
            m->affinity = (unsigned)CPU_COUNT_S(size, set);
        CPU_FREE(set);
        if (ok)
            break;
    }
    m->quota = cgroup->quota;
    m->usable = m->affinity ? m->affinity : 1;
    if (m->quota > 0 && ceil(m->quota) < m->usable)
        m->usable = (unsigned)ceil(m->quota) > 0 ? (unsigned)ceil(m->quota) : 1;
}

static uint64_t meminfo(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

static void read_memory(struct ps_machine *m, const struct ps_cgroup *cgroup)
{
    char text[4096] = "";
    FILE *f = fopen("/proc/meminfo", "re");
    if (f) {
        size_t n = fread(text, 1, sizeof text - 1, f);
        text[n] = '\0';
        fclose(f);
    }
    m->memory = meminfo(text, "MemTotal:");
    m->available = meminfo(text, "MemAvailable:");
    if (cgroup->memory_left < m->available)
        m->available = cgroup->memory_left;
}

static void tighten(struct ps_machine *m, uint64_t limit, uint64_t used, const char *name)
{
    uint64_t left = limit > used ? limit - used : 0;
    if (left < m->threads) {
        m->threads = left;
        m->threads_limit = name;
    }
}

static void read_threads(struct ps_machine *m, const struct ps_cgroup *cgroup)
{
    m->threads = UINT64_MAX;
    m->threads_limit = "none";
    uint64_t running = 0;
    char line[128];
    if (first_line("/proc/loadavg", line, sizeof line)) {
        const char *slash = strchr(line, '/');
        running = slash ? strtoull(slash + 1, NULL, 10) : 0;
    }
    tighten(m, number_in("/proc/sys/kernel/threads-max", UINT64_MAX), running,
            "kernel.threads-max");
    tighten(m, number_in("/proc/sys/kernel/pid_max", UINT64_MAX), running, "kernel.pid_max");
    tighten(m, number_in("/proc/sys/vm/max_map_count", UINT64_MAX) / 2, 0, "vm.max_map_count / 2");
    if (cgroup->threads_left != UINT64_MAX)
        tighten(m, cgroup->threads_left, 0, "cgroup pids.max");
    struct rlimit limit;
    if (geteuid() != 0 && getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        tighten(m, limit.rlim_cur, 0, "RLIMIT_NPROC (ulimit -u)");
}

void ps_machine_read_below(struct ps_machine *machine, const char *root)
{
    struct ps_cgroup cgroup;
    memset(machine, 0, sizeof *machine);
    ps_cgroup_read(&cgroup, root);
    read_cpus(machine, &cgroup);
    read_memory(machine, &cgroup);
    read_threads(machine, &cgroup);
    struct rlimit limit;
    machine->descriptors = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

void ps_machine_read(struct ps_machine *machine)
{
    ps_machine_read_below(machine, "");
}

bool ps_machine_realtime(void)
{
    const struct sched_param lowest = {.sched_priority = 1}, none = {.sched_priority = 0};
    if (sched_setscheduler(0, SCHED_FIFO, &lowest) != 0)
        return false;
    sched_setscheduler(0, SCHED_OTHER, &none);
    return true;
}
