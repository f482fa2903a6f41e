#include "app/json_report.h"

#include <math.h>
#include <string.h>

#include "app/json_tools.h"

const struct ps_report_key ps_report_keys[] = {
    {"schema", "version of this object's keys"},
    {"version", "of poolscope"},
    {"preset", "as named on the command line"},
    {"engine", "engine that ran"},
    {"policy", "its policy"},
    {"workers", "worker count at the end"},
    {"usable_cpus", "CPUs the run could use: affinity and cgroup quota"},
    {"seed", "of arrivals and drawn times"},
    {"steals.matrix", "tasks taken: a row a thief, a column a victim"},
    {"phases",
     "an object a phase that has begun, the first being what came before: `name` (null), "
     "`change`, `from_s`, `to_s`, and submitted, outcomes, retried, throughput_per_s in it"},
    {"per_worker", "an object a worker slot, see below"},
    {"per_type", "an object a task type: `name`, and see below"},
    {"answers",
     "an object a kernel, by its name: `value`, `ok` (null: it did not come to its end), "
     "`runs`, `wrong`, `fastest_ns`, `mean_ns`"},
    {"ended", "completed, duration, deadlock, crash or cancelled"},
    {"message", "why, in words, or null"},
    {.key = NULL},
};

static json_t *text_value(const char *text)
{
    return ps_json_text(text);
}

static json_t *metric_value(const struct ps_metric_value *value)
{
    switch (value->kind) {
    case PS_METRIC_COUNT:
        return json_integer((json_int_t)value->count);
    case PS_METRIC_REAL:
        return isfinite(value->real) ? json_real(value->real) : json_null();
    case PS_METRIC_FLAG:
        return json_boolean(value->flag);
    case PS_METRIC_NA:
        break;
    }
    return json_null();
}

/* Put value at a dotted path, making objects on the way. */
static void put(json_t *object, const char *path, json_t *value)
{
    const char *dot;
    while ((dot = strchr(path, '.'))) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)(dot - path), path);
        json_t *inner = json_object_get(object, name);
        if (!json_is_object(inner)) {
            inner = json_object();
            json_object_set_new(object, name, inner);
        }
        object = inner;
        path = dot + 1;
    }
    json_object_set_new(object, path, value);
}

/* A group that an engine cannot have is null as a whole. */
static void put_nothing(json_t *object, const char *path)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "."), path);
    json_object_set_new(object, name, json_null());
}

static void put_metrics(json_t *object, enum ps_metric_scope scope,
                        const struct ps_metric_source *source)
{
    for (const struct ps_metric *metric = ps_metrics; metric->key; metric++) {
        if (metric->scope != scope)
            continue;
        struct ps_metric_value value = ps_metric_value(metric, source);
        if (metric->trait & ~source->snapshot->traits)
            put_nothing(object, metric->key);
        else
            put(object, metric->key, metric_value(&value));
    }
}

static json_t *steal_matrix(const struct ps_snapshot *snapshot)
{
    json_t *rows = json_array();
    for (unsigned thief = 0; thief < snapshot->slots; thief++) {
        json_t *row = json_array();
        for (unsigned victim = 0; victim < snapshot->slots; victim++) {
            uint64_t tasks = snapshot->steal_tasks[thief * PS_MAX_WORKERS + victim];
            json_array_append_new(row, json_integer((json_int_t)tasks));
        }
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *phase_object(const struct ps_phase_view *phase, uint64_t started_ns)
{
    json_t *object = json_object();
    double from = (double)(phase->from_ns - started_ns) / 1e9;
    double to = (double)(phase->to_ns - started_ns) / 1e9;
    const struct ps_totals *totals = &phase->totals;
    json_object_set_new(object, "name", phase->name[0] ? text_value(phase->name) : json_null());
    json_object_set_new(object, "change", phase->name[0] ? text_value(phase->change) : json_null());
    json_object_set_new(object, "from_s", json_real(from));
    json_object_set_new(object, "to_s", json_real(to));
    json_object_set_new(object, "submitted", json_integer((json_int_t)totals->submitted));
    for (unsigned i = 0; i < PS_OUTCOME_COUNT; i++)
        json_object_set_new(object, ps_outcome_name(i), json_integer((json_int_t)totals->ended[i]));
    json_object_set_new(object, "retried", json_integer((json_int_t)totals->retried));
    double completed = (double)totals->ended[PS_COMPLETED];
    json_object_set_new(object, "throughput_per_s",
                        to > from ? json_real(completed / (to - from)) : json_null());
    return object;
}

/* Empty where the experiment has no phases. */
static json_t *phases(const struct ps_snapshot *snapshot)
{
    json_t *list = json_array();
    for (uint32_t i = 0; snapshot->phase_count && i <= snapshot->phases_begun; i++)
        json_array_append_new(list, phase_object(&snapshot->phase_view[i], snapshot->started_ns));
    return list;
}

static json_t *per_worker(struct ps_metric_source source)
{
    json_t *list = json_array();
    for (source.index = 0; source.index < source.snapshot->slots; source.index++) {
        json_t *worker = json_object();
        put_metrics(worker, PS_METRIC_WORKER, &source);
        json_array_append_new(list, worker);
    }
    return list;
}

static json_t *per_type(struct ps_metric_source source)
{
    json_t *list = json_array();
    for (source.index = 0; source.index < source.snapshot->types; source.index++) {
        json_t *type = json_object();
        json_object_set_new(type, "name", text_value(source.snapshot->type[source.index].name));
        put_metrics(type, PS_METRIC_TYPE, &source);
        json_array_append_new(list, type);
    }
    return list;
}

static json_t *answers(const struct ps_snapshot *snapshot)
{
    json_t *object = json_object();
    for (uint32_t i = 0; i < snapshot->answers; i++) {
        const struct ps_answer_view *view = &snapshot->answer[i];
        bool known = view->right + view->wrong > 0;
        json_t *answer = json_object();
        json_object_set_new(answer, "value",
                            known ? json_integer((json_int_t)view->value) : json_null());
        json_object_set_new(answer, "ok", known ? json_boolean(view->wrong == 0) : json_null());
        json_object_set_new(answer, "runs", json_integer((json_int_t)(view->right + view->wrong)));
        json_object_set_new(answer, "wrong", json_integer((json_int_t)view->wrong));
        json_object_set_new(answer, "fastest_ns",
                            view->right ? json_integer((json_int_t)view->fastest_ns) : json_null());
        json_object_set_new(answer, "mean_ns",
                            view->right ? json_integer((json_int_t)view->mean_ns) : json_null());
        json_object_set_new(object, view->name, answer);
    }
    return object;
}

static void put_identity(json_t *root, const struct ps_report *report)
{
    const struct ps_snapshot *snapshot = report->snapshot;
    const struct ps_experiment *experiment = report->experiment;
    const char *engine = snapshot->engine[0] ? snapshot->engine : experiment->engine;
    const char *policy = snapshot->policy[0] ? snapshot->policy : experiment->policy;
    json_object_set_new(root, "schema", json_integer(PS_REPORT_SCHEMA));
    json_object_set_new(root, "version", json_string(POOLSCOPE_VERSION));
    json_object_set_new(root, "preset", text_value(report->preset));
    json_object_set_new(root, "engine", text_value(engine));
    json_object_set_new(root, "policy", text_value(policy));
    json_object_set_new(root, "workers", json_integer(snapshot->workers));
    json_object_set_new(root, "usable_cpus", json_integer(snapshot->usable_cpus));
    char clock[32];
    json_object_set_new(root, "clock",
                        json_string(ps_snapshot_clock(snapshot, clock, sizeof clock)));
    json_object_set_new(root, "seed", json_integer((json_int_t)experiment->seed));
}

static json_t *report_object(const struct ps_report *report)
{
    const struct ps_snapshot *snapshot = report->snapshot;
    struct ps_metric_source source = {.snapshot = snapshot, .peaks = report->peaks};
    json_t *root = json_object();
    put_identity(root, report);
    put_metrics(root, PS_METRIC_RUN, &source);
    if (snapshot->traits & PS_TRAIT_STEALS)
        put(root, "steals.matrix", steal_matrix(snapshot));
    json_object_set_new(root, "phases", phases(snapshot));
    json_object_set_new(root, "per_worker", per_worker(source));
    json_object_set_new(root, "per_type", per_type(source));
    json_object_set_new(root, "answers", answers(snapshot));
    json_object_set_new(root, "ended", json_string(ps_end_name(snapshot->end)));
    json_object_set_new(root, "message",
                        snapshot->message[0] ? text_value(snapshot->message) : json_null());
    return root;
}

enum ps_err ps_report_json(const struct ps_report *report, FILE *to)
{
    json_t *root = report_object(report);
    return ps_json_print(root, JSON_INDENT(2), to);
}
