#include "base/cgroup.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

/* Where a controller's files are: for each folder from our own group up to the root of the mount. */
struct group {
    char mount[PATH_MAX / 4];
    char path[PATH_MAX / 2];
};

static bool listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length)
        if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
            return true;
    return false;
}

/* v1: the hierarchy of `controller`; v2: controller == NULL. Lines are "number:controllers:path". */
static bool find_path(FILE *file, const char *controller, char *into, size_t size)
{
    char line[PATH_MAX];
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        char *list = strchr(line, ':');
        char *path = list ? strchr(list + 1, ':') : NULL;
        if (!path)
            continue;
        *path++ = '\0';
        list++;
        if (controller ? listed(list, controller) : *list == '\0')
            return (size_t)snprintf(into, size, "%s", path) < size;
    }
    return false;
}

static bool own_group(const char *root, const char *controller, struct group *group)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool found = find_path(file, controller, group->path, sizeof group->path);
    fclose(file);
    snprintf(path, sizeof path, "%s/sys/fs/cgroup/unified", root);
    const char *below = controller ? controller : access(path, F_OK) == 0 ? "unified" : "";
    int length = snprintf(group->mount, sizeof group->mount, "%s/sys/fs/cgroup%s%s", root,
                          *below ? "/" : "", below);
    return found && (size_t)length < sizeof group->mount;
}

/* Cut the last component; false at the root. */
static bool parent_group(struct group *group)
{
    char *slash = strrchr(group->path, '/');
    if (!slash || strcmp(group->path, "/") == 0 || group->path[0] == '\0')
        return false;
    *slash = '\0';
    return true;
}

static FILE *open_file(const struct group *group, const char *name)
{
    char path[PATH_MAX];
    const char *below = strcmp(group->path, "/") == 0 ? "" : group->path;
    if ((size_t)snprintf(path, sizeof path, "%s%s/%s", group->mount, below, name) >= sizeof path)
        return NULL;
    return fopen(path, "re");
}

/* The first line of a file; empty: there is none. */
static void read_line(const struct group *group, const char *name, char *into, size_t size)
{
    FILE *file = open_file(group, name);
    if (!file || !fgets(into, (int)size, file))
        into[0] = '\0';
    if (file)
        fclose(file);
}

static uint64_t read_number(const struct group *group, const char *name, uint64_t missing)
{
    char line[64];
    read_line(group, name, line, sizeof line);
    return line[0] >= '0' && line[0] <= '9' ? strtoull(line, NULL, 10) : missing;
}

/* The number behind a word at the start of a line; 0: it is not there. */
static uint64_t read_word(const struct group *group, const char *name, const char *word)
{
    char line[128];
    size_t length = strlen(word);
    uint64_t value = 0;
    FILE *file = open_file(group, name);
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, word, length) == 0 && line[length] == ' ')
            value = strtoull(line + length, NULL, 10);
    if (file)
        fclose(file);
    return value;
}

/* CPUs; 0: no limit ("max", -1, or no such file). */
static double bandwidth_v2(const struct group *group)
{
    char line[64];
    double quota, period;
    read_line(group, "cpu.max", line, sizeof line);
    return sscanf(line, "%lf %lf", &quota, &period) == 2 && period > 0 && quota > 0 ? quota / period
                                                                                    : 0;
}

static double bandwidth_v1(const struct group *group)
{
    uint64_t quota = read_number(group, "cpu.cfs_quota_us", 0);
    uint64_t period = read_number(group, "cpu.cfs_period_us", 0);
    return period > 0 ? (double)quota / (double)period : 0;
}

static void read_cpu(struct ps_cgroup *into, const char *root, const char *controller)
{
    struct group group;
    if (!own_group(root, controller, &group))
        return;
    do {
        double quota = controller ? bandwidth_v1(&group) : bandwidth_v2(&group);
        uint64_t stopped_ns = controller
                                  ? read_word(&group, "cpu.stat", "throttled_time")
                                  : read_word(&group, "cpu.stat", "throttled_usec") * PS_NS_PER_US;
        if (quota > 0 && (into->quota == 0 || quota < into->quota))
            into->quota = quota;
        if (stopped_ns > into->throttled_ns)
            into->throttled_ns = stopped_ns;
    } while (parent_group(&group));
}

/* What a limit leaves in the group where that is least. */
static uint64_t least_left(const char *root, const char *controller, const char *limit,
                           const char *used)
{
    struct group group;
    uint64_t least = UINT64_MAX;
    if (!own_group(root, controller, &group))
        return least;
    do {
        uint64_t most = read_number(&group, limit, UINT64_MAX), now = read_number(&group, used, 0);
        uint64_t left = most > now ? most - now : 0;
        if (most != UINT64_MAX && left < least)
            least = left;
    } while (parent_group(&group));
    return least;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t ps_cgroup_throttled_ns(const char *root)
{
    struct ps_cgroup cpu = {.quota = 0};
    read_cpu(&cpu, root, NULL);
    read_cpu(&cpu, root, "cpu");
    return cpu.throttled_ns;
}

void ps_cgroup_read(struct ps_cgroup *into, const char *root)
{
    *into = (struct ps_cgroup){.quota = 0};
    read_cpu(into, root, NULL);
    read_cpu(into, root, "cpu");
    into->memory_left =
        smaller(least_left(root, NULL, "memory.max", "memory.current"),
                least_left(root, "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"));
    into->threads_left = smaller(least_left(root, NULL, "pids.max", "pids.current"),
                                 least_left(root, "pids", "pids.max", "pids.current"));
}
