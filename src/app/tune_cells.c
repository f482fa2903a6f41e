#include "app/tune_cells.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/json_tools.h"

#define SCHEMA       1
#define LONGEST_LINE 16384u

/* ---- writing ---- */

static json_t *whole(uint64_t number)
{
    return json_integer((json_int_t)number);
}

static void put_about(json_t *object, const struct ps_tune_about *about)
{
    json_object_set_new(object, "schema", json_integer(SCHEMA));
    json_object_set_new(object, "preset", ps_json_text(about->preset));
    json_object_set_new(object, "engine", ps_json_text(about->engine));
    json_object_set_new(object, "policy", ps_json_text(about->policy));
    json_object_set_new(object, "load", ps_json_text(about->load));
    json_object_set_new(object, "saturated", json_boolean(about->saturated));
    json_object_set_new(object, "usable_cpus", whole(about->usable_cpus));
    json_object_set_new(object, "cpu_ns", json_real(about->cpu_ns));
    json_object_set_new(object, "wait_ns", json_real(about->wait_ns));
    json_object_set_new(object, "slot_seconds", json_real(about->slot_s));
    json_object_set_new(object, "warmup_seconds", json_real(about->warmup_s));
    json_object_set_new(object, "p99_goal_ns", json_real(about->goal_ns));
    json_object_set_new(object, "seed", whole(about->seed));
}

json_t *ps_cell_object(const struct ps_tune_about *about, const struct ps_tune_cell *cell)
{
    json_t *object = json_object();
    put_about(object, about);
    json_object_set_new(object, "workers", whole(cell->workers));
    json_object_set_new(object, "repeat", whole(cell->repeat + 1));
    json_object_set_new(object, "throughput_per_s", json_real(cell->throughput));
    json_object_set_new(object, "p50_ns", ps_json_number(cell->p50_ns));
    json_object_set_new(object, "p99_ns", ps_json_number(cell->p99_ns));
    json_object_set_new(object, "others", ps_json_number(cell->others));
    json_object_set_new(object, "failed",
                        cell->failed[0] ? ps_json_text(cell->failed) : json_null());
    return object;
}

/* ---- reading ---- */

struct line {
    const char *path;
    unsigned number;
    json_t *object;
    bool bad;
};

static void complain(struct line *line, const char *key, const char *what)
{
    if (!line->bad)
        ps_app_complain("tune: %s:%u: %s%s%s", line->path, line->number, key, *key ? ": " : "",
                        what);
    line->bad = true;
}

static double number(struct line *line, const char *key, double low, double high)
{
    json_t *value = json_object_get(line->object, key);
    double real = json_number_value(value);
    if (json_is_number(value) && real >= low && real <= high)
        return real;
    char what[96];
    snprintf(what, sizeof what, "expected a number from %g to %g", low, high);
    complain(line, key, what);
    return low;
}

static double number_or_null(struct line *line, const char *key)
{
    return json_is_null(json_object_get(line->object, key)) ? NAN : number(line, key, 0, 1e18);
}

static void text(struct line *line, const char *key, char *into, size_t size)
{
    const char *value = json_string_value(json_object_get(line->object, key));
    if (!value || strlen(value) >= size)
        complain(line, key, "expected a short text");
    snprintf(into, size, "%s", value ? value : "");
}

static void take_about(struct line *line, struct ps_tune_about *about)
{
    memset(about, 0, sizeof *about);
    text(line, "preset", about->preset, sizeof about->preset);
    text(line, "engine", about->engine, sizeof about->engine);
    text(line, "policy", about->policy, sizeof about->policy);
    text(line, "load", about->load, sizeof about->load);
    about->saturated = json_is_true(json_object_get(line->object, "saturated"));
    about->usable_cpus = (unsigned)number(line, "usable_cpus", 1, 1e6);
    about->cpu_ns = number(line, "cpu_ns", 0, 1e18);
    about->wait_ns = number(line, "wait_ns", 0, 1e18);
    about->slot_s = number(line, "slot_seconds", 0, 1e6);
    about->warmup_s = number(line, "warmup_seconds", 0, 1e6);
    about->goal_ns = number(line, "p99_goal_ns", 0, 1e18);
    json_t *seed = json_object_get(line->object, "seed");
    if (!json_is_integer(seed))
        complain(line, "seed", "expected a whole number");
    about->seed = (uint64_t)json_integer_value(seed);
}

static void take_cell(struct line *line, struct ps_tune_cell *cell)
{
    memset(cell, 0, sizeof *cell);
    cell->workers = (unsigned)number(line, "workers", 1, PS_WORKERS_MAX);
    cell->repeat = (unsigned)number(line, "repeat", 1, PS_REPEATS_MAX) - 1;
    cell->throughput = number(line, "throughput_per_s", 0, 1e15);
    cell->p50_ns = number_or_null(line, "p50_ns");
    cell->p99_ns = number_or_null(line, "p99_ns");
    cell->others = number_or_null(line, "others");
    if (!json_is_null(json_object_get(line->object, "failed")))
        text(line, "failed", cell->failed, sizeof cell->failed);
}

/* Names what differs; NULL: nothing does. */
static const char *difference(const struct ps_tune_about *a, const struct ps_tune_about *b)
{
    if (strcmp(a->preset, b->preset) != 0)
        return "preset";
    if (strcmp(a->engine, b->engine) != 0 || strcmp(a->policy, b->policy) != 0)
        return "engine or policy";
    if (strcmp(a->load, b->load) != 0)
        return "load";
    if (a->usable_cpus != b->usable_cpus)
        return "usable_cpus";
    if (a->cpu_ns != b->cpu_ns || a->wait_ns != b->wait_ns)
        return "cpu_ns or wait_ns";
    if (a->slot_s != b->slot_s || a->warmup_s != b->warmup_s)
        return "slot or warm-up";
    if (a->goal_ns != b->goal_ns || a->seed != b->seed)
        return "p99 goal or seed";
    return NULL;
}

static const struct ps_tune_cell *find(const struct ps_cells *cells, unsigned workers,
                                       unsigned repeat)
{
    for (unsigned i = 0; i < cells->count; i++)
        if (cells->cell[i].workers == workers && cells->cell[i].repeat == repeat)
            return &cells->cell[i];
    return NULL;
}

static void add(struct ps_cells *cells, struct line *line)
{
    struct ps_tune_about about;
    struct ps_tune_cell cell;
    take_about(line, &about);
    take_cell(line, &cell);
    if (line->bad)
        return;
    const char *other = cells->count ? difference(&cells->about, &about) : NULL;
    if (other) {
        char what[96];
        snprintf(what, sizeof what, "%s is not that of the first cell: another sweep", other);
        complain(line, "", what);
    } else if (cells->count == PS_CELLS_MAX) {
        complain(line, "", "too many cells");
    } else if (find(cells, cell.workers, cell.repeat)) {
        complain(line, "", "this cell (workers, repeat) is there twice");
    }
    if (line->bad)
        return;
    if (cells->count == 0)
        cells->about = about;
    cells->cell[cells->count++] = cell;
}

static void read_line(struct ps_cells *cells, struct line *line, const char *bytes)
{
    json_error_t error;
    line->object = json_loads(bytes, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(line->object))
        complain(line, "", "expected a JSON object, a line of 'tune --cell'");
    else
        add(cells, line);
    json_decref(line->object);
}

bool ps_cells_read(struct ps_cells *cells, const char *path)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!file) {
        ps_app_complain("tune: %s: %s", path, strerror(errno));
        return false;
    }
    static char bytes[LONGEST_LINE];
    struct line line = {.path = path};
    while (!line.bad && fgets(bytes, sizeof bytes, file)) {
        line.number++;
        if (!strchr(bytes, '\n') && !feof(file))
            complain(&line, "", "line too long");
        else if (bytes[strspn(bytes, " \t\r\n")])
            read_line(cells, &line, bytes);
    }
    if (ferror(file) && !line.bad)
        complain(&line, "", "cannot be read");
    if (file != stdin)
        fclose(file);
    return !line.bad;
}

static int by_place(const void *a, const void *b)
{
    const struct ps_tune_cell *x = a, *y = b;
    if (x->workers != y->workers)
        return x->workers < y->workers ? -1 : 1;
    return (x->repeat > y->repeat) - (x->repeat < y->repeat);
}

void ps_cells_surface(struct ps_cells *cells, struct ps_surface *surface)
{
    struct ps_tune_about *about = &cells->about;
    memset(surface, 0, sizeof *surface);
    if (cells->count == 0)
        return;
    qsort(cells->cell, cells->count, sizeof *cells->cell, by_place);
    about->low = cells->cell[0].workers;
    about->high = cells->cell[cells->count - 1].workers;
    about->repeats = 0;
    for (unsigned i = 0; i < cells->count; i++) {
        const struct ps_tune_cell *cell = &cells->cell[i];
        ps_surface_add(surface, cell->workers, cell->throughput, cell->p99_ns);
        if (cell->repeat >= about->repeats)
            about->repeats = cell->repeat + 1;
    }
}
