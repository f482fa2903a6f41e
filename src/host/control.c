#include "host/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "host/feeder.h"
#include "host/http.h"
#include "host/job.h"
#include "model/phases.h"

enum { WORDS_MAX = 2 * PS_TYPES_MAX + 1, LINE_MAX_BYTES = 1024 };

/* Hold the arguments of one line; missing ones are NULL. */
struct line {
    char text[LINE_MAX_BYTES];
    char *word[WORDS_MAX];
    unsigned count;
};

/* "" for ok, else the reason. */
typedef const char *command(struct ps_control *control, const struct line *line, char *reason,
                            size_t size);

static void put32(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store_explicit(word, value, memory_order_relaxed);
}

uint64_t ps_control_ran_ns(const struct ps_control *control, uint64_t now_ns)
{
    const struct ps_segment *segment = control->run->segment;
    uint64_t paused_ns = segment->paused_ns;
    if (control->paused)
        paused_ns += now_ns - control->pause_began_ns;
    return now_ns - segment->epoch_ns - segment->started_ns - paused_ns;
}

static const char *expected(char *reason, size_t size, const char *what, const char *got)
{
    snprintf(reason, size, "expected %s, got '%s'", what, got ? got : "");
    return reason;
}

static const char *engine_says(enum ps_err err, const struct ps_run *run, char *reason, size_t size)
{
    if (err == PS_OK)
        return "";
    const struct ps_policy *policy = run->policy;
    if (err == PS_EAGAIN || err == PS_ENOMEM || err == PS_ELIMIT)
        snprintf(reason, size,
                 "the system has no more threads or memory for this process "
                 "(ulimit -u, ulimit -v)");
    else if (err == PS_ENOTSUP && policy->fixed)
        snprintf(reason, size, "%s", policy->fixed);
    else if (err == PS_ENOTSUP)
        snprintf(reason, size, "%s:%s cannot do that", run->experiment.engine, policy->name);
    else
        snprintf(reason, size, "%s", ps_err_text(err));
    return reason;
}

static const char *do_workers(struct ps_control *control, const struct line *line, char *reason,
                              size_t size)
{
    struct ps_run *run = control->run;
    const char *text = line->word[1];
    unsigned now = run->workers, max = run->policy->max_workers;
    if (max > run->segment->slots)
        max = run->segment->slots;
    uint64_t n;
    char sign = text && (*text == '+' || *text == '-') ? *text : '\0';
    if (!text || !ps_parse_u64(text + (sign != '\0'), 0, 1000000, &n))
        return expected(reason, size, "a number of workers", text);
    uint64_t target = sign == '+' ? now + n : sign == '-' ? (n >= now ? 1 : now - n) : n;
    if (sign == '+' && target > max)
        target = max;
    if (target < 1 || target > max) {
        snprintf(reason, size, "workers must be 1 to %u", max);
        return reason;
    }
    enum ps_err err = ps_engine_resize(run->engine, (unsigned)target);
    if (err == PS_OK) {
        run->workers = (unsigned)target;
        put32(&run->segment->workers, run->workers);
    }
    return engine_says(err, run, reason, size);
}

static const char *do_rate(struct ps_control *control, const struct line *line, char *reason,
                           size_t size)
{
    struct ps_run *run = control->run;
    const char *text = line->word[1];
    bool times = text && *text == 'x';
    double value;
    if (run->experiment.model != PS_ARRIVAL_OPEN)
        return "only the open model has a rate (this run: use in_flight)";
    if (!text || !ps_parse_double(text + times, &value) || value <= 0)
        return expected(reason, size, "a rate per second, or xFACTOR", text);
    double slow = ps_clock_factor(run->experiment.clock);
    uint64_t ran_ns = ps_control_ran_ns(control, ps_now_ns());
    double rate = times ? ps_profile_rate(&control->phases.profile, ran_ns) * value : value / slow;
    if (rate * slow < 0.01 || rate * slow > 1e7)
        return "the rate must be 0.01 to 10000000 per second";
    ps_feeder_rate(run->feeder, rate);
    ps_profile_set(&control->phases.profile, ran_ns, rate);
    ps_phases_publish_rate(&control->phases, run, ran_ns);
    return "";
}

static const char *do_in_flight(struct ps_control *control, const struct line *line, char *reason,
                                size_t size)
{
    struct ps_run *run = control->run;
    uint64_t n;
    if (run->experiment.model != PS_ARRIVAL_CLOSED)
        return "only the closed model has a number in flight (this run: use rate)";
    if (!line->word[1] || !ps_parse_u64(line->word[1], 1, 1000000, &n))
        return expected(reason, size, "1 to 1000000", line->word[1]);
    run->experiment.in_flight = n;
    ps_feeder_in_flight(run->feeder, n);
    atomic_store_explicit(&run->segment->in_flight_target, n, memory_order_relaxed);
    return "";
}

/* "mix short 50, long 5": types that are not named keep their weights. */
static const char *do_mix(struct ps_control *control, const struct line *line, char *reason,
                          size_t size)
{
    struct ps_run *run = control->run;
    struct ps_experiment *e = &run->experiment;
    char text[LINE_MAX_BYTES] = "";
    struct ps_mix named, whole = {.count = e->type_count};
    struct ps_why why = {""};
    if (e->model == PS_ARRIVAL_HTTP || e->model == PS_ARRIVAL_TRACE)
        return "who sends the tasks of this run says of which type they are";
    for (unsigned i = 1; i < line->count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), " %s", line->word[i]);
    if (line->count < 2)
        return expected(reason, size, "weights, as in mix short 50, long 5", NULL);
    if (!ps_mix_set(e, &named, text, &why)) {
        snprintf(reason, size, "%s", why.text);
        return reason;
    }
    double total = 0, weight[PS_TYPES_MAX];
    for (unsigned i = 0; i < e->type_count; i++)
        weight[i] = e->types[i].weight;
    for (unsigned i = 0; i < named.count; i++)
        weight[named.part[i].type] = named.part[i].weight;
    for (unsigned i = 0; i < e->type_count; i++) {
        whole.part[i].type = i;
        whole.part[i].weight = weight[i];
        total += weight[i];
    }
    if (total <= 0)
        return "one type must have a weight";
    for (unsigned i = 0; i < e->type_count; i++)
        e->types[i].weight = weight[i];
    ps_feeder_mix(run->feeder, &whole);
    return "";
}

static const char *do_pause(struct ps_control *control, const struct line *line, char *reason,
                            size_t size)
{
    (void)line;
    struct ps_run *run = control->run;
    if (control->paused)
        return "";
    if (control->closing)
        return "the run is ending";
    enum ps_err err = ps_engine_tune(run->engine, PS_KNOB_PAUSED, 1);
    if (err != PS_OK)
        return engine_says(err, run, reason, size);
    ps_feeder_pause(run->feeder, true);
    control->paused = true;
    control->pause_began_ns = ps_now_ns();
    put32(&run->segment->phase, PS_PHASE_PAUSED);
    return "";
}

static const char *do_resume(struct ps_control *control, const struct line *line, char *reason,
                             size_t size)
{
    (void)line;
    struct ps_run *run = control->run;
    if (!control->paused)
        return "";
    enum ps_err err = ps_engine_tune(run->engine, PS_KNOB_PAUSED, 0);
    ps_feeder_pause(run->feeder, false);
    control->paused = false;
    atomic_fetch_add_explicit(&run->segment->paused_ns, ps_now_ns() - control->pause_began_ns,
                              memory_order_relaxed);
    put32(&run->segment->phase, PS_PHASE_RUNNING);
    return engine_says(err, run, reason, size);
}

static bool on_or_off(const char *text, bool *on)
{
    *on = text && strcmp(text, "on") == 0;
    return text && (*on || strcmp(text, "off") == 0);
}

static const char *do_stealing(struct ps_control *control, const struct line *line, char *reason,
                               size_t size)
{
    struct ps_run *run = control->run;
    bool on;
    if (!on_or_off(line->word[1], &on))
        return expected(reason, size, "on or off", line->word[1]);
    if (!(run->policy->traits & PS_TRAIT_STEALS)) {
        snprintf(reason, size, "%s:%s cannot steal", run->experiment.engine, run->policy->name);
        return reason;
    }
    enum ps_err err = ps_engine_tune(run->engine, PS_KNOB_STEALING, on);
    if (err == PS_OK)
        put32(&run->segment->stealing, on);
    return engine_says(err, run, reason, size);
}

static const char *do_offload(struct ps_control *control, const struct line *line, char *reason,
                              size_t size)
{
    struct ps_run *run = control->run;
    bool on;
    if (!on_or_off(line->word[1], &on))
        return expected(reason, size, "on or off", line->word[1]);
    if (on && run->experiment.offload == 0)
        return "this run has no helper threads (start it with engine.offload = on)";
    return engine_says(ps_engine_tune(run->engine, PS_KNOB_OFFLOAD, on), run, reason, size);
}

static const char *do_limit(struct ps_control *control, const struct line *line, char *reason,
                            size_t size)
{
    uint64_t n;
    if (!line->word[1] || !ps_parse_u64(line->word[1], 0, 1000000, &n))
        return expected(reason, size, "0 (none) to 1000000", line->word[1]);
    return engine_says(ps_engine_tune(control->run->engine, PS_KNOB_LIMIT, n), control->run, reason,
                       size);
}

static const char *do_fault(struct ps_control *control, const struct line *line, char *reason,
                            size_t size)
{
    char text[LINE_MAX_BYTES] = "";
    struct ps_fault fault;
    for (unsigned i = 1; i < line->count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "", line->word[i]);
    }
    if (!ps_fault_parse(&control->run->experiment, text, &fault, reason, size) ||
        !ps_faults_begin(control->run, &fault, reason, size))
        return reason;
    return "";
}

static const char *do_stop(struct ps_control *control, const struct line *line, char *reason,
                           size_t size)
{
    const char *how = line->word[1] ? line->word[1] : "drain";
    if (strcmp(how, "drain") == 0) {
        if (control->stop == PS_STOP_NONE)
            control->stop = PS_STOP_DRAIN;
    } else if (strcmp(how, "discard") == 0) {
        control->stop = PS_STOP_DISCARD;
    } else {
        return expected(reason, size, "drain or discard", how);
    }
    return "";
}

static const char *do_cancel(struct ps_control *control, const struct line *line, char *reason,
                             size_t size)
{
    (void)line;
    (void)reason;
    (void)size;
    uint64_t before_ns = ps_now_ns();
    ps_jobs_cancel_roots(control->run->jobs, before_ns);
    if (control->run->http)
        ps_http_cancel_all(control->run->http, before_ns);
    ps_jobs_cancel_others(control->run->jobs, before_ns);
    return "";
}

static const char *do_ping(struct ps_control *control, const struct line *line, char *reason,
                           size_t size)
{
    (void)control;
    (void)line;
    (void)reason;
    (void)size;
    return "";
}

static const struct {
    const char *word;
    command *run;
} commands[] = {
    {"workers", do_workers},   {"rate", do_rate},       {"in_flight", do_in_flight},
    {"mix", do_mix},           {"pause", do_pause},     {"resume", do_resume},
    {"stealing", do_stealing}, {"offload", do_offload}, {"limit", do_limit},
    {"fault", do_fault},       {"cancel", do_cancel},   {"stop", do_stop},
    {"ping", do_ping},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

const char *const ps_control_words[] = {"workers", "rate",     "in_flight", "mix",   "pause",
                                        "resume",  "stealing", "offload",   "limit", "fault",
                                        "cancel",  "stop",     "ping",      NULL};
_Static_assert(sizeof ps_control_words / sizeof *ps_control_words == COMMANDS + 1,
               "every command has its word");

static bool split(struct line *line, const char *text)
{
    if (strlen(text) >= sizeof line->text)
        return false;
    snprintf(line->text, sizeof line->text, "%s", text);
    char *rest = line->text, *word;
    for (line->count = 0; (word = strtok_r(rest, " \t", &rest)); line->count++) {
        if (line->count == WORDS_MAX)
            return false;
        line->word[line->count] = word;
    }
    return true;
}

void ps_control_line(struct ps_control *control, const char *text, char *into, size_t size)
{
    struct line line = {.count = 0};
    if (!split(&line, text) || line.count == 0) {
        snprintf(into, size, "error not a command");
        return;
    }
    for (unsigned i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].word, line.word[0]) != 0)
            continue;
        char reason[200];
        const char *problem = commands[i].run(control, &line, reason, sizeof reason);
        if (*problem)
            snprintf(into, size, "error %s", problem);
        else
            snprintf(into, size, "ok");
        return;
    }
    const char *near = ps_suggest(line.word[0], ps_control_words);
    snprintf(into, size, "error unknown command '%.40s'%s%s%s", line.word[0],
             near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}
