#include "ui/start_screen.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "model/kernels.h"
#include "ui/flow.h"
#include "ui/format.h"
#include "ui/live_screen.h"
#include "ui/view.h"

/* ---- the list ---- */

static bool contains(const char *text, const char *word)
{
    size_t n = strlen(word);
    for (; *text; text++)
        if (strncasecmp(text, word, n) == 0)
            return true;
    return n == 0;
}

static bool passes(const struct ps_preset *preset, const char *filter)
{
    if (!filter[0])
        return true;
    return contains(preset->name, filter) || contains(preset->group, filter) ||
           (preset->valid && (contains(preset->experiment.title, filter) ||
                              contains(preset->experiment.summary, filter)));
}

unsigned ps_start_visible(const struct ps_start_view *view, unsigned visible[PS_VISIBLE_MAX])
{
    unsigned count = 0;
    for (size_t i = 0; i < view->library->count && count < PS_VISIBLE_MAX; i++)
        if (passes(&view->library->presets[i], view->filter))
            visible[count++] = (unsigned)i;
    return count;
}

const struct ps_preset *ps_start_selected(const struct ps_start_view *view)
{
    unsigned visible[PS_VISIBLE_MAX];
    unsigned count = ps_start_visible(view, visible);
    return view->selected < count ? &view->library->presets[visible[view->selected]] : NULL;
}

/* A row of the list: a heading, or a preset. */
struct list_row {
    const char *heading;
    unsigned place; /* among the visible */
    const struct ps_preset *preset;
};

static unsigned list_rows(const struct ps_start_view *view,
                          struct list_row rows[2 * PS_VISIBLE_MAX])
{
    unsigned visible[PS_VISIBLE_MAX], count = ps_start_visible(view, visible), n = 0;
    const char *group = "";
    for (unsigned i = 0; i < count; i++) {
        const struct ps_preset *preset = &view->library->presets[visible[i]];
        if (strcmp(preset->group, group) != 0) {
            group = preset->group;
            rows[n++] = (struct list_row){.heading = group};
        }
        rows[n++] = (struct list_row){.place = i, .preset = preset};
    }
    return n;
}

enum { LABEL_BYTES = 120, DONE_WIDTH = 2 };

static void preset_label(const struct ps_preset *preset, char into[LABEL_BYTES])
{
    const char *title = preset->valid ? preset->experiment.title : preset->name;
    if (preset->valid && preset->experiment.lesson)
        snprintf(into, LABEL_BYTES, "%02u %s", preset->experiment.lesson, title);
    else
        snprintf(into, LABEL_BYTES, "%s%s", preset->valid ? "" : "! ", title);
}

static void draw_preset(const struct ps_canvas *c, int y, const struct list_row *row,
                        const struct ps_start_view *view)
{
    const struct ps_preset *preset = row->preset;
    bool selected = row->place == view->selected;
    char text[LABEL_BYTES];
    preset_label(preset, text);
    enum ps_style style = !preset->valid ? PS_STYLE_ERROR : PS_STYLE_NORMAL;
    if (selected)
        style = view->form ? PS_STYLE_STRONG : PS_STYLE_SELECTION;
    if (selected && !view->form)
        ps_canvas_fill(c, 0, y, c->width, 1, style, ' ');
    ps_canvas_put(c, 0, y, selected ? style : PS_STYLE_NORMAL, selected ? ">" : " ");
    int room = c->width - 2;
    if (ps_progress_is_done(view->progress, preset->name)) {
        room -= DONE_WIDTH;
        ps_canvas_put(c, c->width - 1, y, selected ? style : PS_STYLE_GOOD, c->ascii ? "*" : "✓");
    }
    ps_canvas_fit(c, 2, y, room, style, text);
    ps_canvas_hit(c, 0, y, c->width, 1, PS_DO_SELECT_ITEM, (int)row->place);
}

static void draw_list(const struct ps_canvas *c, const struct ps_start_view *view)
{
    struct list_row rows[2 * PS_VISIBLE_MAX];
    unsigned count = list_rows(view, rows);
    int first = 0, selected = 0;
    for (unsigned i = 0; i < count; i++)
        if (rows[i].preset && rows[i].place == view->selected)
            selected = (int)i;
    if (selected >= c->height)
        first = selected - c->height + 1 + (selected + 1 < (int)count);
    if (count == 0)
        ps_canvas_put(c, 1, 0, PS_STYLE_DIM,
                      view->filter[0] ? "no preset matches" : "no presets were found");
    for (int y = 0; y < c->height && first + y < (int)count; y++) {
        const struct list_row *row = &rows[first + y];
        if (row->heading)
            ps_canvas_fit(c, 1, y, c->width - 1, PS_STYLE_TITLE, row->heading);
        else
            draw_preset(c, y, row, view);
    }
}

static void list_title(const struct ps_start_view *view, char into[96])
{
    if (view->searching || view->filter[0])
        snprintf(into, 96, "/%s%s", view->filter, view->searching ? "_" : "");
    else
        snprintf(into, 96, "Presets");
}

/* ---- what it is about ---- */

/* The steps of each type: `whole`, in as many rows as they take, or shortened to one. Returns the row
 * below, also where it does not draw. */
static int draw_mix(const struct ps_canvas *c, int y, const struct ps_experiment *e, bool whole)
{
    for (unsigned i = 0; i < e->type_count; i++) {
        char key[80], steps[256];
        snprintf(key, sizeof key, "task %s.steps", e->types[i].name);
        if (!ps_experiment_get(e, key, steps, sizeof steps))
            continue;
        const struct ps_task_type *type = &e->types[i];
        int x = ps_text_width(type->name) + type->high + 1;
        int width = c->width > x + 1 ? c->width - x : 1;
        int end = ps_canvas_put(c, 0, y, PS_STYLE_NOTE, type->name);
        if (type->high)
            ps_canvas_put(c, end, y, PS_STYLE_FOCUS, ps_high_mark(c->ascii));
        if (whole)
            y += ps_canvas_wrap(c, x, y, width, c->height - y, 0, PS_STYLE_LABEL, steps);
        else
            ps_canvas_fit(c, x, y++, width, PS_STYLE_LABEL, steps);
    }
    return y;
}

static int mix_rows(int width, const struct ps_experiment *e)
{
    struct ps_canvas none = {.width = width};
    return draw_mix(&none, 0, e, true);
}

/* Rows it would like; draws when given a canvas with rows. */
static int draw_about(const struct ps_canvas *c, const struct ps_start_view *view)
{
    const struct ps_preset *preset = ps_start_selected(view);
    if (!preset)
        return ps_canvas_wrap(c, 0, 0, c->width, c->height, 0, PS_STYLE_DIM,
                              "Choose a preset, or clear the search with Esc.");
    if (!preset->valid) {
        char text[700];
        ps_complaint_text(text, sizeof text, &preset->complaint);
        return ps_canvas_wrap(c, 0, 0, c->width, c->height, 0, PS_STYLE_WARNING, text);
    }
    const struct ps_experiment *e = &view->experiment;
    int types = (int)e->type_count, mix = mix_rows(c->width, e);
    if (view->lesson) {
        int rows = ps_lesson_brief(c, view->lesson);
        if (rows + 1 + types <= c->height)
            draw_mix(c, rows + 1, e, rows + 1 + mix <= c->height);
        return c->height ? rows : rows + 1 + types; /* the mix is welcome, not wanted */
    }
    int y = ps_canvas_wrap(c, 0, 0, c->width, c->height, 0, PS_STYLE_NORMAL, e->summary);
    int wanted = y + 1 + mix;
    y += y + 1 + types <= c->height;
    draw_mix(c, y, e, y + mix <= c->height);
    return wanted;
}

/* ---- the form ---- */

enum { FIELD_LABEL = 12, FIELD_VALUE = 14, NOTE_BYTES = 160, UNUSED_BYTES = 200 };

static void field_note(const struct ps_start_view *view, const struct ps_form_field *field,
                       char into[NOTE_BYTES])
{
    const struct ps_experiment *e = &view->experiment;
    const struct ps_engine_word *engine = ps_form_engine_word(view->words, e->engine);
    const struct ps_policy_word *policy = ps_form_policy_word(engine, e->policy);
    into[0] = '\0';
    if (strcmp(field->key, "engine.name") == 0 && engine)
        snprintf(into, NOTE_BYTES, "%s", engine->title);
    else if (strcmp(field->key, "engine.policy") == 0 && policy)
        snprintf(into, NOTE_BYTES, "%s", policy->title);
    else if (strcmp(field->key, "engine.workers") == 0)
        snprintf(into, NOTE_BYTES, "= %u on %u cpu",
                 ps_workers_count(&e->workers, view->usable_cpus), view->usable_cpus);
    else if (strcmp(field->key, "run.duration") == 0 && e->duration_ns == 0)
        snprintf(into, NOTE_BYTES, "until stopped");
    else if (strcmp(field->key, "arrivals.rate") == 0)
        snprintf(into, NOTE_BYTES, "%s", e->process == PS_PROCESS_POISSON ? "poisson" : "uniform");
}

static void draw_field(const struct ps_canvas *c, int y, unsigned number,
                       const struct ps_form_field *field, const struct ps_start_view *view)
{
    bool focused = view->form && view->field == number;
    bool edited = focused && view->editing;
    char note[NOTE_BYTES];
    ps_canvas_fit(c, 0, y, FIELD_LABEL - 1, focused ? PS_STYLE_FOCUS : PS_STYLE_LABEL,
                  field->label);
    enum ps_style style = edited && view->complaint[0] ? PS_STYLE_WARNING
                          : edited                     ? PS_STYLE_INPUT
                          : focused                    ? PS_STYLE_SELECTION
                                                       : PS_STYLE_STRONG;
    int x = FIELD_LABEL;
    if (focused && !edited)
        ps_canvas_put(c, x, y, PS_STYLE_KEY, "<");
    x = ps_canvas_fit(c, x + 2, y, c->width - x - 4, style, edited ? view->edit : field->value);
    if (edited)
        ps_canvas_cell(c, x, y, PS_STYLE_SELECTION, ' ');
    else if (focused)
        ps_canvas_put(c, x + 1, y, PS_STYLE_KEY, ">");
    field_note(view, field, note);
    int note_x = FIELD_LABEL + 2 + FIELD_VALUE;
    if (x + 2 > note_x)
        note_x = x + 3;
    if (note_x + ps_text_width(note) <= c->width)
        ps_canvas_put(c, note_x, y, PS_STYLE_DIM, note);
    ps_canvas_hit(c, 0, y, c->width, 1, PS_DO_SELECT_FIELD, (int)number);
}

static void draw_form(const struct ps_canvas *c, const struct ps_start_view *view)
{
    struct ps_form_field fields[PS_FORM_FIELDS_MAX];
    const struct ps_preset *preset = ps_start_selected(view);
    if (!preset || !preset->valid)
        return;
    unsigned count = ps_form_fields(&view->experiment, view->words, fields);
    int first = 0;
    if (view->form && (int)view->field >= c->height)
        first = (int)view->field - c->height + 1;
    for (int y = 0; y < c->height && first + y < (int)count; y++)
        draw_field(c, y, (unsigned)(first + y), &fields[first + y], view);
    char unused[UNUSED_BYTES];
    if ((int)count < c->height)
        ps_canvas_fit(c, 0, (int)count, c->width, PS_STYLE_DIM,
                      ps_form_unused(&view->experiment, view->words, unused, sizeof unused));
}

/* The same in few rows, while the list has the focus: label and value, one field after another.
 * Returns the rows it takes; a canvas of height 0 measures. */
static int draw_setup(const struct ps_canvas *c, const struct ps_start_view *view)
{
    enum { GAP = 3 };
    struct ps_form_field fields[PS_FORM_FIELDS_MAX];
    unsigned count = ps_form_fields(&view->experiment, view->words, fields);
    int x = 0, y = 0;
    for (unsigned i = 0; i < count; i++) {
        const struct ps_form_field *field = &fields[i];
        if (strncmp(field->label, "Mix ", 4) == 0 && strcmp(field->value, "0") == 0)
            continue; /* comes only from other tasks */
        int label = ps_text_width(field->label) + 1, width = label + ps_text_width(field->value);
        if (x > 0 && x + width > c->width) {
            x = 0;
            y++;
        }
        ps_canvas_put(c, x, y, PS_STYLE_LABEL, field->label);
        ps_canvas_fit(c, x + label, y, c->width - x - label, PS_STYLE_STRONG, field->value);
        ps_canvas_hit(c, x, y, width, 1, PS_DO_SELECT_FIELD, (int)i);
        x += width + GAP;
    }
    char unused[UNUSED_BYTES];
    if (*ps_form_unused(&view->experiment, view->words, unused, sizeof unused))
        ps_canvas_fit(c, 0, ++y, c->width, PS_STYLE_DIM, unused);
    return y + 1;
}

/* ---- the frame ---- */

static void draw_header(const struct ps_canvas *root, const struct ps_start_view *view)
{
    struct ps_flow flow = {.gap = 3};
    ps_flow_add(&flow, 0, PS_STYLE_BRAND, "", "poolscope");
    ps_flow_add(&flow, 2, PS_STYLE_DIM, "", "%s", POOLSCOPE_VERSION);
    ps_flow_add(&flow, 3, PS_STYLE_DIM, "", "an oscilloscope for thread pools");
    if (view->machine)
        ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "this machine:", "%s", view->machine)->right = true;
    ps_flow_draw(root, 0, &flow);
}

/* How long a kernel computes is known when it has run. False: there is none. */
static bool thumb_of_kernels(struct ps_flow *flow, const struct ps_start_view *view, double cpu,
                             double wait)
{
    const struct ps_step_def *kernel;
    char name[PS_KERNEL_NAME_MAX];
    if (ps_kernels_of(&view->experiment, &kernel, 1) == 0)
        return false;
    ps_kernel_name(name, &view->experiment, kernel);
    if (cpu + wait < 1)
        ps_flow_add(flow, 0, PS_STYLE_STRONG, "Rule of thumb",
                    "tasks that only compute (%.*s): a worker a cpu, %u", (int)strcspn(name, " "),
                    name, view->usable_cpus);
    else
        ps_flow_add(flow, 0, PS_STYLE_NORMAL, "Rule of thumb",
                    "how long %.*s computes is not known beforehand; u measures",
                    (int)strcspn(name, " "), name);
    return true;
}

/* N * (1 + W/C): Goetz, Java Concurrency in Practice, 8.2. */
static void draw_thumb(const struct ps_canvas *root, int y, const struct ps_start_view *view)
{
    const struct ps_preset *preset = ps_start_selected(view);
    if (!preset || !preset->valid)
        return;
    double cpu, wait;
    ps_experiment_mean(&view->experiment, &cpu, &wait);
    char c[PS_FIGURE_BYTES], w[PS_FIGURE_BYTES];
    ps_figure_time(c, (uint64_t)cpu);
    ps_figure_time(w, (uint64_t)wait);
    struct ps_flow flow = {.gap = 2};
    bool kernels = thumb_of_kernels(&flow, view, cpu, wait);
    if (!kernels && cpu < 1)
        ps_flow_add(&flow, 0, PS_STYLE_NORMAL, "Rule of thumb",
                    "tasks that only wait (%s) need no cpu: it has no answer", w);
    else if (!kernels)
        ps_flow_add(&flow, 0, PS_STYLE_STRONG, "Rule of thumb",
                    "%u cpu x (1 + wait/cpu %.2g) = %.0f workers", view->usable_cpus, wait / cpu,
                    fmax(1, round(view->usable_cpus * (1 + wait / cpu))));
    if (!kernels)
        ps_flow_add(&flow, 1, PS_STYLE_NORMAL, "task:", "cpu %s, wait %s", c, w);
    ps_flow_draw(root, y, &flow);
}

/* What the selected field says beside it, where there is room: here always. */
static void draw_field_note(const struct ps_canvas *root, int y, const struct ps_start_view *view)
{
    struct ps_form_field fields[PS_FORM_FIELDS_MAX];
    char note[NOTE_BYTES];
    if (view->field >= ps_form_fields(&view->experiment, view->words, fields))
        return;
    field_note(view, &fields[view->field], note);
    if (note[0])
        ps_notice_draw(root, y, PS_STYLE_DIM, note);
}

static void draw_answer(const struct ps_canvas *root, int y, const struct ps_start_view *view)
{
    if (view->complaint[0])
        ps_notice_draw(root, y, PS_STYLE_WARNING, view->complaint);
    else if (view->notice[0])
        ps_notice_draw(root, y, view->notice_style, view->notice);
    else if (view->changed)
        ps_notice_draw(root, y, PS_STYLE_NOTE,
                       "changed for this run; s saves it as a preset of your own");
    else if (view->form)
        draw_field_note(root, y, view);
}

static void title(const struct ps_canvas *root, int x, int y, int width, bool focused,
                  const char *text)
{
    ps_canvas_cell(root, x + 1, y, PS_STYLE_BORDER, ' ');
    int end =
        ps_canvas_fit(root, x + 2, y, width - 4, focused ? PS_STYLE_FOCUS : PS_STYLE_TITLE, text);
    ps_canvas_cell(root, end, y, PS_STYLE_BORDER, ' ');
}

/* Columns of the list with its left border: the longest title, within two fifths and a half. */
static int list_width(const struct ps_canvas *root, const struct ps_start_view *view)
{
    int longest = 0;
    for (size_t i = 0; i < view->library->count; i++) {
        char label[LABEL_BYTES];
        preset_label(&view->library->presets[i], label);
        int width = ps_text_width(label);
        longest = width > longest ? width : longest;
    }
    int width = longest + 5, least = root->width * 2 / 5, most = root->width / 2;
    least = least > 52 ? 52 : least;
    width = width < least ? least : width;
    return width > most ? most : width;
}

/* How the right side is divided. The focused form is shown in full; otherwise a text that would be
 * cut takes its room, and the form becomes a summary of it. */
struct division {
    int about;    /* rows of the text */
    bool summary; /* of the form */
};

static struct division divide(const struct ps_start_view *view, int width, int inner)
{
    struct ps_form_field fields[PS_FORM_FIELDS_MAX];
    struct ps_canvas probe = {.width = width};
    const struct ps_preset *preset = ps_start_selected(view);
    bool usable = preset && preset->valid;
    char unused[UNUSED_BYTES];
    int form = usable ? (int)ps_form_fields(&view->experiment, view->words, fields) : 0;
    form += usable && *ps_form_unused(&view->experiment, view->words, unused, sizeof unused);
    int wanted = draw_about(&probe, view), room = inner - 1 - form;
    struct division division = {.about = wanted};
    if (usable && !view->form && wanted > room) {
        division.summary = true;
        room = inner - 1 - draw_setup(&probe, view);
        room = room < inner / 2 ? inner / 2 : room;
    }
    if (wanted > room)
        division.about = room;
    else if (!division.summary && room > wanted + 2 && room > inner / 2)
        division.about = wanted + 1;
    if (division.about < 2)
        division.about = 2;
    return division;
}

/* That a text goes on, and how to read the rest. */
static void draw_rest(const struct ps_canvas *root, int y, const struct ps_start_view *view,
                      int wanted, int about)
{
    if (wanted > about && view->lesson)
        ps_canvas_right(root, root->width - 2, y, PS_STYLE_NOTE, " L reads on ");
}

static void draw_panels(const struct ps_canvas *root, int y, int height,
                        const struct ps_start_view *view)
{
    int left = list_width(root, view), right = root->width - left - 1, inner = height - 2;
    const struct ps_preset *preset = ps_start_selected(view);
    struct division division = divide(view, right - 3, inner);
    int split = y + 1 + division.about;
    char text[96];
    ps_canvas_box(root, 0, y, root->width, height, PS_STYLE_BORDER, PS_STYLE_TITLE, NULL);
    ps_canvas_vline(root, left, y, height, PS_STYLE_BORDER);
    ps_canvas_hline(root, left, split, right + 1, PS_STYLE_BORDER);
    list_title(view, text);
    title(root, 0, y, left, !view->form, text);
    title(root, left, y, right, false,
          preset && preset->valid ? preset->experiment.title
          : preset                ? preset->name
                                  : "Nothing");
    title(root, left, split, right, view->form,
          view->form || right < 40 ? "Setup" : "Setup (Tab to change)");
    struct ps_canvas list = ps_canvas_view(root, 1, y + 1, left - 2, inner);
    draw_list(&list, view);
    struct ps_canvas words = ps_canvas_view(root, left + 2, y + 1, right - 3, division.about);
    draw_rest(root, split, view, draw_about(&words, view), division.about);
    struct ps_canvas setup =
        ps_canvas_view(root, left + 2, split + 1, right - 3, y + height - 2 - split);
    if (division.summary)
        draw_setup(&setup, view);
    else
        draw_form(&setup, view);
}

static enum ps_place place_of(const struct ps_start_view *view)
{
    if (view->overlay && view->overlay->kind != PS_OVERLAY_NONE)
        return ps_overlay_place(view->overlay);
    return view->form ? PS_AT_FORM : PS_AT_LIST;
}

void ps_start_screen_draw(const struct ps_canvas *root, const struct ps_start_view *view)
{
    if (root->width < PS_SCREEN_MIN_WIDTH || root->height < PS_SCREEN_MIN_HEIGHT) {
        ps_too_small_draw(root);
        return;
    }
    int keys = ps_key_bar_rows(root->width, place_of(view), root->height >= 24 ? 2 : 1);
    int panels = root->height - 1 - 2 - keys;
    draw_header(root, view);
    draw_panels(root, 1, panels, view);
    draw_thumb(root, 1 + panels, view);
    draw_answer(root, 2 + panels, view);
    struct ps_canvas bar = ps_canvas_view(root, 0, root->height - keys, root->width, keys);
    ps_key_bar(&bar, place_of(view));
    if (view->overlay && view->overlay->kind != PS_OVERLAY_NONE)
        ps_overlay_above(root, view->overlay, view->notice_style, view->notice);
}
