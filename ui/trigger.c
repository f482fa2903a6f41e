#include "ui/trigger.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "metrics/metric_table.h"
#include "metrics/window.h"
#include "model/formula.h"

#define KEEP_NS     (5 * (uint64_t)PS_NS_PER_S)
#define KEEP_MAX_NS (30 * (uint64_t)PS_NS_PER_S)
#define FOR_MAX_NS  (60 * (uint64_t)PS_NS_PER_S)

/* ---- words ---- */

/* What a total grew by in the last second, per second; negative: too early to tell. */
static double per_second(const struct ps_history *history, size_t offset)
{
    const struct ps_pool_column *now = ps_history_pool(history, 0);
    const struct ps_pool_column *then = ps_history_pool(history, 10);
    if (!now || !then || now->at_ns <= then->at_ns)
        return -1;
    uint64_t from, to;
    memcpy(&from, (const char *)&then->count + offset, sizeof from);
    memcpy(&to, (const char *)&now->count + offset, sizeof to);
    return (double)(to - from) * 1e9 / (double)(now->at_ns - then->at_ns);
}

#define RATE_WORD(name)                                                                \
    static double name##_rate(const struct ps_snapshot *s, const struct ps_history *h) \
    {                                                                                  \
        (void)s;                                                                       \
        return per_second(h, offsetof(struct ps_pool_counts, name));                   \
    }
RATE_WORD(done)
RATE_WORD(offered)
RATE_WORD(refused)
RATE_WORD(failed)
RATE_WORD(stolen)
#undef RATE_WORD

static double response(const struct ps_history *history, double quantile)
{
    struct ps_latency_view latency;
    ps_history_latency(history, 1, &latency);
    if (latency.response.count == 0)
        return -1;
    return (double)ps_hist_quantile(&latency.response, quantile);
}
static double p50(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)s;
    return response(h, 0.5);
}
static double p99(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)s;
    return response(h, 0.99);
}
static double slowest(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)s;
    return response(h, 1);
}

static double queue(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)h;
    return (double)s->queued;
}
static double in_flight(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)h;
    return (double)s->in_flight;
}
static double waiting(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)h;
    return (double)ps_snapshot_waiting(s);
}
static double workers(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)h;
    return s->workers;
}

static double in_states(const struct ps_snapshot *s, enum ps_state first, enum ps_state last)
{
    unsigned count = 0;
    for (unsigned w = 0; w < s->slots && w < PS_MAX_WORKERS; w++)
        count += s->worker[w].state >= first && s->worker[w].state <= last;
    return count;
}
static double running(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)h;
    return in_states(s, PS_STATE_RUN, PS_STATE_RUN);
}
static double idle(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)h;
    return in_states(s, PS_STATE_IDLE, PS_STATE_SEEK);
}
static double blocked(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)h;
    return in_states(s, PS_STATE_LOCK, PS_STATE_BLOCK);
}
/* So that "100/s" can be written. */
static double one(const struct ps_snapshot *s, const struct ps_history *h)
{
    (void)s;
    (void)h;
    return 1;
}

const struct ps_trigger_word ps_trigger_words[] = {
    {"p50", "ns", "median response of the last second", p50, 0},
    {"p99", "ns", "99th percentile of the last second's responses", p99, 0},
    {"max", "ns", "slowest response of the last second", slowest, 0},
    {"done", "1/s", "tasks completed in the last second", done_rate, 0},
    {"offered", "1/s", "tasks submitted in the last second", offered_rate, 0},
    {"refused", "1/s", "tasks refused in the last second", refused_rate, 0},
    {"failed", "1/s", "tasks failed, timed out or cancelled in the last second", failed_rate, 0},
    {"steals", "1/s", "tasks stolen in the last second", stolen_rate, PS_TRAIT_STEALS},
    {"queue", "", "tasks accepted and not started", queue, 0},
    {"in_flight", "", "tasks submitted and not ended", in_flight, 0},
    {"waiting", "", "tasks that wait for anything", waiting, 0},
    {"workers", "", "workers wanted", workers, 0},
    {"running", "", "workers that run a task", running, 0},
    {"idle", "", "workers that have nothing to do", idle, 0},
    {"blocked", "", "workers that wait inside a task", blocked, 0},
    {"s", "", "nothing: 100/s is 100", one, 0},
    {NULL, NULL, NULL, NULL, 0},
};

/* ---- figures ---- */

struct looking {
    const struct ps_snapshot *snapshot;
    const struct ps_history *history; /* NULL: only whether there is such a figure */
    const struct ps_snapshot *window;
    bool table; /* out: a figure of the table is wanted */
};

__attribute__((format(printf, 2, 3))) static struct ps_figure without(enum ps_figure_kind kind,
                                                                      const char *format, ...)
{
    struct ps_figure figure = {.kind = kind, .unit = ""};
    va_list list;
    va_start(list, format);
    vsnprintf(figure.why, sizeof figure.why, format, list);
    va_end(list);
    return figure;
}

static struct ps_figure cannot_have(const char *name, const struct ps_snapshot *s)
{
    return without(PS_FIGURE_NA, "%s is n/a on %s:%s", name, s->engine, s->policy);
}

static struct ps_figure of_word(const struct ps_trigger_word *word, const struct looking *looking)
{
    const struct ps_snapshot *s = looking->snapshot;
    if (word->trait && !(s->traits & word->trait))
        return cannot_have(word->name, s);
    double value = looking->history ? word->value(s, looking->history) : 1;
    if (value < 0)
        return without(PS_FIGURE_NA, "%s: nothing in the last second", word->name);
    return (struct ps_figure){.kind = PS_FIGURE_KNOWN, .number = value, .unit = word->unit};
}

static struct ps_figure of_metric(const struct ps_metric *metric, unsigned index,
                                  struct looking *looking)
{
    const struct ps_snapshot *s = looking->snapshot;
    struct ps_figure figure = {.kind = PS_FIGURE_KNOWN, .number = 1, .unit = metric->unit};
    looking->table = true;
    if (metric->trait && !(s->traits & metric->trait))
        return cannot_have(metric->key, s);
    if (!looking->history)
        return figure;
    if (!looking->window)
        return without(PS_FIGURE_NA, "%s: not for a second yet", metric->key);
    struct ps_metric_source source = {.snapshot = looking->window, .index = index};
    struct ps_metric_value value = ps_metric_value(metric, &source);
    figure.number = value.kind == PS_METRIC_COUNT  ? (double)value.count
                    : value.kind == PS_METRIC_FLAG ? value.flag
                                                   : value.real;
    return value.kind == PS_METRIC_NA ? cannot_have(metric->key, s) : figure;
}

/* The scope that an index stands for: a task type, a worker. False: neither. */
static bool scope_of(const struct ps_snapshot *s, const char *index, enum ps_metric_scope *scope,
                     unsigned *number)
{
    uint64_t worker;
    *scope = PS_METRIC_RUN;
    *number = 0;
    if (!*index)
        return true;
    *scope = PS_METRIC_TYPE;
    for (*number = 0; *number < s->types; ++*number)
        if (strcmp(s->type[*number].name, index) == 0)
            return true;
    *scope = PS_METRIC_WORKER;
    if (!ps_parse_u64(index, 0, s->slots ? s->slots - 1 : 0, &worker))
        return false;
    *number = (unsigned)worker;
    return true;
}

static struct ps_figure look_up(void *user, const struct ps_figure_name *name)
{
    struct looking *looking = user;
    enum ps_metric_scope scope;
    unsigned index;
    if (*name->function)
        return without(PS_FIGURE_WRONG, "there are no functions here: '%s'", name->function);
    for (const struct ps_trigger_word *word = ps_trigger_words; word->name && !*name->index; word++)
        if (strcmp(word->name, name->name) == 0)
            return of_word(word, looking);
    if (!scope_of(looking->snapshot, name->index, &scope, &index))
        return without(PS_FIGURE_WRONG, "'%s' is no task type and no number of a worker",
                       name->index);
    const struct ps_metric *metric = ps_metric_find(scope, name->name);
    if (metric)
        return of_metric(metric, index, looking);
    return without(PS_FIGURE_WRONG,
                   "there is no '%s': p50 p99 max done offered refused failed steals queue "
                   "in_flight waiting workers running idle blocked, or a metric",
                   name->name);
}

/* ---- text ---- */

/* Cut " WORD TIME" off the end of a text. False: the time is none; `why` says so. */
static bool cut_time(char *text, const char *word, uint64_t limit_ns, uint64_t *ns, char *why,
                     size_t why_size)
{
    char *at = NULL;
    size_t length = strlen(word);
    for (char *p = text; (p = strstr(p, word)) != NULL; p += length)
        if (p > text && isspace((unsigned char)p[-1]) && isspace((unsigned char)p[length]))
            at = p;
    if (!at)
        return true;
    char time[32];
    size_t used = 0;
    for (const char *p = at + length; *p; p++)
        if (!isspace((unsigned char)*p) && used + 1 < sizeof time)
            time[used++] = *p;
    time[used] = '\0';
    if (!ps_parse_duration(time, ns) || *ns > limit_ns) {
        snprintf(why, why_size, "'%s %s': a time of at most %u s is wanted, such as %s 1s", word,
                 time, (unsigned)(limit_ns / PS_NS_PER_S), word);
        return false;
    }
    at[-1] = '\0';
    return true;
}

static bool read_text(struct ps_trigger *t, const char *text, char *why, size_t why_size)
{
    if (strlen(text) >= sizeof t->text) {
        snprintf(why, why_size, "at most %zu characters", sizeof t->text - 1);
        return false;
    }
    *t = (struct ps_trigger){.state = PS_TRIGGER_ARMED, .keep_ns = KEEP_NS};
    snprintf(t->text, sizeof t->text, "%s", text);
    snprintf(t->test, sizeof t->test, "%s", text);
    return cut_time(t->test, "keep", KEEP_MAX_NS, &t->keep_ns, why, why_size) &&
           cut_time(t->test, "for", FOR_MAX_NS, &t->for_ns, why, why_size);
}

bool ps_trigger_arm(struct ps_trigger *trigger, const char *text,
                    const struct ps_snapshot *snapshot, char *why, size_t why_size)
{
    struct ps_trigger next;
    struct looking looking = {.snapshot = snapshot};
    if (!read_text(&next, text, why, why_size))
        return false;
    struct ps_formula_result result = ps_formula_test(next.test, look_up, &looking);
    if (result.answer == PS_FORMULA_WRONG || result.answer == PS_FORMULA_NA) {
        snprintf(why, why_size, "%s", result.why);
        return false;
    }
    bool plain = !*result.right.unit && result.right.number > 0;
    if (strcmp(result.left.unit, "ns") == 0 && plain) {
        snprintf(why, why_size, "the left side is a time: write %g ms, or another unit",
                 result.right.number);
        return false;
    }
    if (looking.table) {
        next.older = calloc(1, sizeof *next.older);
        next.newer = calloc(1, sizeof *next.newer);
        next.window = calloc(1, sizeof *next.window);
        if (!next.older || !next.newer || !next.window) {
            ps_trigger_disarm(&next);
            snprintf(why, why_size, "out of memory");
            return false;
        }
    }
    ps_trigger_disarm(trigger);
    *trigger = next;
    return true;
}

void ps_trigger_disarm(struct ps_trigger *trigger)
{
    free(trigger->older);
    free(trigger->newer);
    free(trigger->window);
    trigger->older = trigger->newer = trigger->window = NULL;
    trigger->state = PS_TRIGGER_OFF;
}

/* ---- snapshots ---- */

/* `older` is one to two seconds old, once there has been so much. Returns the window since. */
static const struct ps_snapshot *window_of(struct ps_trigger *t, const struct ps_snapshot *s)
{
    if (!t->newer)
        return NULL;
    if (t->newer->seq == 0) {
        ps_snapshot_copy(t->newer, s);
    } else if (s->at_ns >= t->newer->at_ns + PS_NS_PER_S) {
        struct ps_snapshot *free_one = t->older;
        t->older = t->newer;
        t->newer = free_one;
        ps_snapshot_copy(t->newer, s);
    }
    if (t->older->seq == 0)
        return NULL;
    ps_snapshot_window(t->window, t->older, s);
    return t->window;
}

static enum ps_trigger_news judge(struct ps_trigger *t, const struct ps_snapshot *s,
                                  const struct ps_history *history)
{
    struct looking looking = {.snapshot = s, .history = history, .window = window_of(t, s)};
    struct ps_formula_result result = ps_formula_test(t->test, look_up, &looking);
    snprintf(t->why, sizeof t->why, "%s", result.why);
    if (result.answer != PS_FORMULA_TRUE) {
        t->state = PS_TRIGGER_ARMED;
        return PS_TRIGGER_NOTHING;
    }
    if (t->state == PS_TRIGGER_ARMED) {
        t->state = PS_TRIGGER_HOLDS;
        t->since_ns = s->at_ns;
    }
    if (s->at_ns < t->since_ns) /* a recording was turned back */
        t->since_ns = s->at_ns;
    if (s->at_ns < t->since_ns + t->for_ns)
        return PS_TRIGGER_NOTHING;
    t->state = PS_TRIGGER_FIRED;
    t->fired_ns = s->at_ns;
    ps_figure_format(t->found, sizeof t->found, result.left.number, result.left.unit);
    return PS_TRIGGER_FIRES;
}

enum ps_trigger_news ps_trigger_feed(struct ps_trigger *t, const struct ps_snapshot *s,
                                     const struct ps_history *history)
{
    if (t->state == PS_TRIGGER_ARMED || t->state == PS_TRIGGER_HOLDS)
        return judge(t, s, history);
    if (t->state != PS_TRIGGER_FIRED)
        return PS_TRIGGER_NOTHING;
    if (s->at_ns < t->fired_ns + t->keep_ns && s->phase != PS_PHASE_ENDED)
        return PS_TRIGGER_NOTHING;
    t->state = PS_TRIGGER_DONE;
    return PS_TRIGGER_WANTS_PICTURE;
}
