#include "base/cpu_use.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

void ps_cpu_use_read(struct ps_cpu_use *use)
{
    unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
    FILE *file = fopen("/proc/stat", "re");
    char line[512];
    *use = (struct ps_cpu_use){.at_ns = ps_now_ns()};
    if (!file)
        return;
    if (fgets(line, sizeof line, file) &&
        sscanf(line, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle,
               &iowait, &irq, &softirq, &steal) == 8) {
        uint64_t tick_ns = PS_NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
        use->busy_ns = (user + nice + system + irq + softirq + steal) * tick_ns;
        use->valid = true;
    }
    while (fgets(line, sizeof line, file) && strncmp(line, "cpu", 3) == 0)
        use->cpus++;
    fclose(file);
}

double ps_cpu_use_others(const struct ps_cpu_use *from, const struct ps_cpu_use *to,
                         uint64_t own_ns)
{
    uint64_t wall_ns = to->at_ns - from->at_ns;
    if (!from->valid || !to->valid || to->cpus == 0 || wall_ns < 400 * (uint64_t)PS_NS_PER_MS)
        return NAN;
    double busy_ns = (double)to->busy_ns - (double)from->busy_ns - (double)own_ns;
    return fmin(1, fmax(0, busy_ns / ((double)wall_ns * to->cpus)));
}
