#include "lab/csv.h"

#include <inttypes.h>
#include <math.h>

static void put_number(double value, FILE *to)
{
    if (!isnan(value))
        fprintf(to, "%.9g", value);
}

static void put_text(const char *text, FILE *to)
{
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

static void put_side(const struct ps_compare *compare, unsigned round, unsigned side, FILE *to)
{
    char engine[PS_NAME_BYTES], policy[PS_NAME_BYTES];
    unsigned workers;
    ps_compare_engine(compare, side, engine, policy, &workers);
    for (unsigned m = 0; m < PS_COMPARE_METRICS; m++) {
        const struct ps_compare_metric *metric = &ps_compare_metrics[m];
        const struct ps_metric *described = ps_metric_find(PS_METRIC_RUN, metric->key);
        fprintf(to, "%u,%" PRIu64 ",%c,%s,%s,%u,%s,%s%s,", round + 1,
                ps_compare_spec(compare)->side[side].seed + round, 'a' + side, engine, policy,
                workers, metric->name, described->unit, metric->per_second ? "/s" : "");
        put_number(ps_compare_value(compare, side, m, round), to);
        fputs("\r\n", to);
    }
}

enum ps_err ps_compare_csv(const struct ps_compare *compare, FILE *to)
{
    fputs("round,seed,side,engine,policy,workers,metric,unit,value\r\n", to);
    for (unsigned round = 0; round < ps_compare_rounds(compare); round++)
        for (unsigned side = 0; side < ps_compare_spec(compare)->sides; side++)
            put_side(compare, round, side, to);
    return ferror(to) ? PS_EIO : PS_OK;
}

enum ps_err ps_tune_csv(const struct ps_tune *tune, FILE *to)
{
    unsigned count;
    const struct ps_tune_cell *cells = ps_tune_cells(tune, &count);
    fputs("workers,repeat,seed,throughput_per_s,p50_ns,p99_ns,others,failed\r\n", to);
    for (unsigned i = 0; i < count; i++) {
        fprintf(to, "%u,%u,%" PRIu64 ",", cells[i].workers, cells[i].repeat + 1,
                ps_tune_about(tune)->seed + cells[i].repeat);
        const double numbers[] = {cells[i].throughput, cells[i].p50_ns, cells[i].p99_ns,
                                  cells[i].others};
        for (unsigned n = 0; n < sizeof numbers / sizeof *numbers; n++) {
            put_number(numbers[n], to);
            fputc(',', to);
        }
        put_text(cells[i].failed, to);
        fputs("\r\n", to);
    }
    return ferror(to) ? PS_EIO : PS_OK;
}
