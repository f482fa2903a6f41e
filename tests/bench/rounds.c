#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench.h"

double bench_now(void)
{
    return (double)ps_now_ns() * 1e-9;
}

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

double bench_cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

long bench_status_kb(const char *key)
{
    char line[256];
    long value = -1;
    FILE *from = fopen("/proc/self/status", "r");
    while (from && fgets(line, sizeof line, from))
        if (strncmp(line, key, strlen(key)) == 0)
            value = atol(line + strlen(key) + 1);
    if (from)
        fclose(from);
    return value;
}

bool bench_round(struct bench_rounds *r)
{
    double now = bench_now();
    if (r->on) {
        r->seconds[r->count++] = now - r->begun;
        r->total += now - r->begun;
        if (r->count == 1)
            r->cpu_warm = bench_cpu();
    }
    r->on = true;
    if (r->count >= BENCH_ROUNDS || (r->count >= 2 && r->total > 2.5)) {
        r->cpu_total = bench_cpu() - r->cpu_warm;
        return false;
    }
    r->begun = bench_now();
    return true;
}

void bench_once(struct bench_rounds *r, double seconds)
{
    *r = (struct bench_rounds){.seconds = {seconds}, .count = 1, .cpu_total = bench_cpu()};
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int bench_report(const struct bench *bench, const struct bench_row *row, double ops)
{
    const struct bench_rounds *r = &bench->rounds;
    int cold = r->count > 1, warm = r->count - cold;
    double sorted[BENCH_ROUNDS] = {0}, total = 0;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    memcpy(sorted, r->seconds + cold, (size_t)warm * sizeof *sorted);
    qsort(sorted, (size_t)warm, sizeof *sorted, ascending);
    for (int i = 0; i < warm; i++)
        total += sorted[i];
    double median = (sorted[(warm - 1) / 2] + sorted[warm / 2]) / 2;
    printf("{\"peer\":\"%s\",\"bench\":\"%s\",\"workers\":%u,\"n\":%ld,\"seconds\":%.6f,"
           "\"ops_per_s\":%.1f,\"best_ops_per_s\":%.1f,\"cold_seconds\":%.6f,\"rounds\":%d,"
           "\"cpus\":%.2f,\"peak_rss_kb\":%ld,\"cpu_s\":%.4f,\"ok\":%s",
           bench->peer, bench->name, bench->workers, bench->n, median, ops / median,
           ops / sorted[0], r->seconds[0], r->count, r->cpu_total / total, usage.ru_maxrss,
           bench_cpu(), ops > 0 ? "true" : "false");
    if (row->extra)
        row->extra(bench);
    puts("}");
    return ops > 0 ? 0 : 1;
}
