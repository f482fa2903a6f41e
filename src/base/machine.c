#include "base/machine.h"

#include <dirent.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

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

/* Where a controller's files are. For each folder from our own cgroup up to the root of the mount.
 */
struct cgroup {
    char mount[64];
    char path[PATH_MAX / 2];
};

static bool controller_in(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* v1: the hierarchy of `controller`; v2: controller == NULL. */
static bool own_cgroup(const char *controller, struct cgroup *group)
{
    FILE *f = fopen("/proc/self/cgroup", "re");
    if (!f)
        return false;
    char line[PATH_MAX];
    bool found = false;
    while (!found && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':');
        char *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        list++;
        found = controller ? controller_in(list, controller) : *list == '\0';
        if (found)
            snprintf(group->path, sizeof group->path, "%.*s", (int)sizeof group->path - 1, path);
    }
    fclose(f);
    if (!found)
        return false;
    if (controller)
        snprintf(group->mount, sizeof group->mount, "/sys/fs/cgroup/%s", controller);
    else
        snprintf(group->mount, sizeof group->mount, "/sys/fs/cgroup%s",
                 access("/sys/fs/cgroup/unified", F_OK) == 0 ? "/unified" : "");
    return true;
}

/* Cut the last component; false at the root. */
static bool parent_group(struct cgroup *group)
{
    char *slash = strrchr(group->path, '/');
    if (!slash || strcmp(group->path, "/") == 0 || group->path[0] == '\0')
        return false;
    *slash = '\0';
    return true;
}

static void group_file(const struct cgroup *group, const char *file, char *into, size_t size)
{
    const char *path = strcmp(group->path, "/") == 0 ? "" : group->path;
    if ((size_t)snprintf(into, size, "%s%s/%s", group->mount, path, file) >= size)
        into[0] = '\0';
}

/* The smallest of a file's numbers over the group and its ancestors; "max" and absent: none. */
static uint64_t smallest(const char *controller, const char *file)
{
    struct cgroup group;
    uint64_t least = UINT64_MAX;
    if (!own_cgroup(controller, &group))
        return least;
    do {
        char path[PATH_MAX];
        group_file(&group, file, path, sizeof path);
        uint64_t value = number_in(path, UINT64_MAX);
        if (value < least)
            least = value;
    } while (parent_group(&group));
    return least;
}

static double tighter(double a, double b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static double quota_v2(void)
{
    struct cgroup group;
    double least = 0;
    if (!own_cgroup(NULL, &group))
        return 0;
    do {
        char path[PATH_MAX], line[64];
        double quota, period;
        group_file(&group, "cpu.max", path, sizeof path);
        if (first_line(path, line, sizeof line) && sscanf(line, "%lf %lf", &quota, &period) == 2 &&
            period > 0)
            least = tighter(least, quota / period);
    } while (parent_group(&group));
    return least;
}

static double quota_v1(void)
{
    struct cgroup group;
    double least = 0;
    if (!own_cgroup("cpu", &group))
        return 0;
    do {
        char path[PATH_MAX];
        group_file(&group, "cpu.cfs_quota_us", path, sizeof path);
        uint64_t quota = number_in(path, UINT64_MAX);
        group_file(&group, "cpu.cfs_period_us", path, sizeof path);
        uint64_t period = number_in(path, 0);
        if (quota != UINT64_MAX && period > 0)
            least = tighter(least, (double)quota / (double)period);
    } while (parent_group(&group));
    return least;
}

/* The number behind a word at the start of a line of a file. */
static uint64_t word_in(const char *path, const char *word)
{
    char line[128];
    size_t length = strlen(word);
    uint64_t value = 0;
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (strncmp(line, word, length) == 0 && line[length] == ' ')
            value = strtoull(line + length, NULL, 10);
    if (f)
        fclose(f);
    return value;
}

/* The largest over the group and its ancestors. controller NULL: v2. */
static uint64_t throttled(const char *controller, const char *word)
{
    struct cgroup group;
    uint64_t most = 0;
    if (!own_cgroup(controller, &group))
        return 0;
    do {
        char path[PATH_MAX];
        group_file(&group, "cpu.stat", path, sizeof path);
        uint64_t value = word_in(path, word);
        most = value > most ? value : most;
    } while (parent_group(&group));
    return most;
}

uint64_t ps_machine_throttled_ns(void)
{
    uint64_t v2_ns = throttled(NULL, "throttled_usec") * PS_NS_PER_US;
    return v2_ns > 0 ? v2_ns : throttled("cpu", "throttled_time");
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

static void read_cpus(struct ps_machine *m)
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
    m->quota = tighter(quota_v2(), quota_v1());
    m->usable = m->affinity ? m->affinity : 1;
    if (m->quota > 0 && ceil(m->quota) < m->usable)
        m->usable = (unsigned)ceil(m->quota) > 0 ? (unsigned)ceil(m->quota) : 1;
}

static uint64_t meminfo(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

static void read_memory(struct ps_machine *m)
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
    uint64_t limit = smallest(NULL, "memory.max"), used = smallest(NULL, "memory.current");
    uint64_t limit_v1 = smallest("memory", "memory.limit_in_bytes");
    if (limit_v1 < limit) {
        limit = limit_v1;
        used = smallest("memory", "memory.usage_in_bytes");
    }
    if (limit < m->memory && used != UINT64_MAX) {
        uint64_t left = limit > used ? limit - used : 0;
        if (left < m->available)
            m->available = left;
    }
}

static void tighten(struct ps_machine *m, uint64_t limit, uint64_t used, const char *name)
{
    uint64_t left = limit > used ? limit - used : 0;
    if (left < m->threads) {
        m->threads = left;
        m->threads_limit = name;
    }
}

static void read_threads(struct ps_machine *m)
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
    uint64_t pids = smallest(NULL, "pids.max"), now = smallest(NULL, "pids.current");
    uint64_t pids_v1 = smallest("pids", "pids.max");
    if (pids_v1 < pids) {
        pids = pids_v1;
        now = smallest("pids", "pids.current");
    }
    if (pids != UINT64_MAX)
        tighten(m, pids, now == UINT64_MAX ? 0 : now, "cgroup pids.max");
    struct rlimit limit;
    if (geteuid() != 0 && getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        tighten(m, limit.rlim_cur, 0, "RLIMIT_NPROC (ulimit -u)");
}

void ps_machine_read(struct ps_machine *machine)
{
    memset(machine, 0, sizeof *machine);
    read_cpus(machine);
    read_memory(machine);
    read_threads(machine);
    struct rlimit limit;
    machine->descriptors = getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

bool ps_machine_realtime(void)
{
    const struct sched_param lowest = {.sched_priority = 1}, none = {.sched_priority = 0};
    if (sched_setscheduler(0, SCHED_FIFO, &lowest) != 0)
        return false;
    sched_setscheduler(0, SCHED_OTHER, &none);
    return true;
}
