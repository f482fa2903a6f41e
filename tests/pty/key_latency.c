/* What the front end costs and how fast it answers while 64 workers saturate every cpu: its share
 * of a core, bytes a frame, and the time from a key to the end of the frame that shows its effect.
 * Run by hand: key_latency [columns rows [seconds]]. */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../ui/check.h"
#include "harness.h"

enum { PRESSES = 500, KINDS = 4 };

struct kind {
    const char *name;
    unsigned count;
    double ms[PRESSES];
};

static double now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool never(struct pty *pty, const void *until_ms)
{
    (void)pty;
    return now_ms() >= *(const double *)until_ms;
}

/* Go on reading frames, as a terminal does. */
static void watch(struct pty *pty, double ms)
{
    double until = now_ms() + ms;
    pty_wait(pty, never, &until);
}

static bool shows(struct pty *pty, const void *text)
{
    return pty_shows(pty, text);
}

static bool lacks(struct pty *pty, const void *text)
{
    return !pty_shows(pty, text);
}

/* A row that begins with this text: the answer to a key, not the list of events. */
static bool row_begins(struct pty *pty, const void *text)
{
    for (int y = 0; y < pty->rows; y++) {
        char row[4096];
        pty_row(pty, y, row, sizeof row);
        if (strncmp(row, text, strlen(text)) == 0)
            return true;
    }
    return false;
}

static void press(struct pty *pty, struct kind *kind, const char *key, pty_condition condition,
                  const char *text)
{
    watch(pty, 20.0 + rand() % 100);
    double start = now_ms();
    pty_send(pty, key);
    if (!pty_wait(pty, condition, text)) {
        fprintf(stderr, "no answer to %s\n", kind->name);
        pty_free(pty);
        exit(1);
    }
    kind->ms[kind->count++] = now_ms() - start;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const char *name, double *ms, unsigned count)
{
    qsort(ms, count, sizeof *ms, ascending);
    printf("%-10s %4u presses: p50 %5.1f ms  p90 %5.1f ms  p99 %5.1f ms  max %5.1f ms\n", name,
           count, ms[count / 2], ms[count * 9 / 10], ms[count * 99 / 100], ms[count - 1]);
}

static double cpu_seconds(pid_t pid)
{
    char path[64], text[1024];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *from = fopen(path, "r");
    if (from && fgets(text, sizeof text, from) && strrchr(text, ')'))
        sscanf(strrchr(text, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
               &user, &system);
    if (from)
        fclose(from);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* CPU time so far of all that runs at normal priority (workers do not), in seconds. */
static double normal_seconds(void)
{
    unsigned long long user = 0;
    FILE *from = fopen("/proc/stat", "r");
    if (from && fscanf(from, "cpu %llu", &user) != 1)
        user = 0;
    if (from)
        fclose(from);
    return (double)user / (double)sysconf(_SC_CLK_TCK);
}

static void quiet_cost(struct pty *pty, double seconds)
{
    double cpu = cpu_seconds(pty->job), start = now_ms();
    size_t bytes = pty->raw_size;
    unsigned frames = pty->frames;
    watch(pty, 1e3 * seconds);
    double passed = (now_ms() - start) / 1e3;
    frames = pty->frames - frames;
    printf("%dx%d: %.2f %% of a core, %.1f frames/s, %.0f bytes a frame, over %.0f s\n",
           pty->columns, pty->rows, 100 * (cpu_seconds(pty->job) - cpu) / passed, frames / passed,
           frames ? (double)(pty->raw_size - bytes) / frames : 0.0, passed);
}

int main(int argc, char **argv)
{
    static struct kind kinds[KINDS] = {
        {.name = "help"}, {.name = "Esc"}, {.name = "+"}, {.name = "-"}};
    static double all[PRESSES];
    const char *const args[] = {"run", PTY_SATURATED, NULL};
    struct pty_options options = {.columns = argc > 2 ? atoi(argv[1]) : 160,
                                  .rows = argc > 2 ? atoi(argv[2]) : 45,
                                  .args = args};
    struct pty *pty = pty_start(&options);
    pty_expect(pty, "64 on");
    watch(pty, 3000);
    quiet_cost(pty, argc > 3 ? atof(argv[3]) : 20);
    double start = now_ms(), normal = normal_seconds();
    unsigned total = 0;
    while (total + KINDS <= PRESSES) {
        press(pty, &kinds[0], "?", shows, "Help: live");
        press(pty, &kinds[1], "\033", lacks, "Help: live");
        press(pty, &kinds[2], "+", row_begins, " 65 workers");
        press(pty, &kinds[3], "-", row_begins, " 64 workers");
        total += KINDS;
    }
    double passed = now_ms() - start;
    normal = normal_seconds() - normal;
    total = 0;
    for (unsigned k = 0; k < KINDS; k++) {
        memcpy(all + total, kinds[k].ms, kinds[k].count * sizeof *all);
        total += kinds[k].count;
        report(kinds[k].name, kinds[k].ms, kinds[k].count);
    }
    report("all", all, total);
    printf("meanwhile programs of normal priority, these two among them, took %.0f %% of a cpu\n",
           100e3 * normal / passed);
    pty_free(pty);
    return 0;
}
