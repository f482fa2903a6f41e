#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui/program.h"

/* Read the lesson of the selected preset, for its question beside the list. */
static void take_brief(struct ps_program *p, const struct ps_preset *preset)
{
    struct ps_lesson_fault fault;
    free(p->brief_text);
    p->brief_text = NULL;
    p->start.lesson = NULL;
    if (preset && preset->valid && ps_preset_lesson(preset, &p->brief_text) == PS_OK &&
        ps_lesson_parse(p->brief_text, &p->brief, &fault))
        p->start.lesson = &p->brief;
}

void ps_program_select(struct ps_program *p)
{
    struct ps_start_view *v = &p->start;
    unsigned visible[PS_VISIBLE_MAX];
    unsigned count = ps_start_visible(v, visible);
    if (v->selected >= count)
        v->selected = count ? count - 1 : 0;
    const struct ps_preset *preset = ps_start_selected(v);
    if (preset && preset->valid)
        v->experiment = preset->experiment;
    take_brief(p, preset);
    v->changed = v->editing = false;
    v->complaint[0] = '\0';
    v->field = 0;
    if (!preset || !preset->valid)
        v->form = false;
}

void ps_program_select_preset(struct ps_program *p, const char *name)
{
    struct ps_start_view *v = &p->start;
    unsigned visible[PS_VISIBLE_MAX], count = ps_start_visible(v, visible);
    const struct ps_preset *now = ps_start_selected(v);
    if (v->changed || (now && strcmp(now->name, name) == 0))
        return;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(v->library->presets[visible[i]].name, name) != 0)
            continue;
        v->selected = i;
        ps_program_select(p);
    }
}

static bool usable(struct ps_program *p)
{
    const struct ps_preset *preset = ps_start_selected(&p->start);
    if (preset && preset->valid)
        return true;
    ps_program_say(p, PS_STYLE_WARNING,
                   preset ? "this preset has an error and cannot run" : "no preset is selected");
    return false;
}

/* ---- the list ---- */

static void move(struct ps_program *p, int to)
{
    unsigned visible[PS_VISIBLE_MAX];
    int count = (int)ps_start_visible(&p->start, visible);
    to = to >= count ? count - 1 : to;
    p->start.selected = (unsigned)(to < 0 ? 0 : to);
    ps_program_select(p);
}

static void list_action(struct ps_program *p, enum ps_action action, int argument)
{
    struct ps_start_view *v = &p->start;
    int here = (int)v->selected, page = p->canvas->height / 2;
    switch (action) {
    case PS_DO_UP:
        move(p, here - 1);
        break;
    case PS_DO_DOWN:
        move(p, here + 1);
        break;
    case PS_DO_PAGE_UP:
        move(p, here - page);
        break;
    case PS_DO_PAGE_DOWN:
        move(p, here + page);
        break;
    case PS_DO_FIRST:
        move(p, 0);
        break;
    case PS_DO_LAST:
        move(p, (int)PS_VISIBLE_MAX);
        break;
    case PS_DO_SELECT_ITEM:
        v->form = false;
        if ((unsigned)argument != v->selected)
            move(p, argument);
        break;
    case PS_DO_SEARCH:
        v->searching = true;
        v->filter[0] = '\0';
        v->selected = 0;
        ps_program_select(p);
        break;
    case PS_DO_BACK:
        v->filter[0] = '\0';
        ps_program_select(p);
        break;
    default:
        break;
    }
}

/* ---- the form ---- */

static void form_step(struct ps_program *p, int direction)
{
    struct ps_start_view *v = &p->start;
    struct ps_form_field fields[PS_FORM_FIELDS_MAX];
    unsigned count = ps_form_fields(&v->experiment, v->words, fields);
    if (v->field >= count)
        return;
    v->complaint[0] = '\0';
    if (ps_form_step(&v->experiment, v->words, &fields[v->field], direction, v->usable_cpus,
                     v->complaint, sizeof v->complaint))
        v->changed = true;
}

static void form_action(struct ps_program *p, enum ps_action action, int argument)
{
    struct ps_start_view *v = &p->start;
    struct ps_form_field fields[PS_FORM_FIELDS_MAX];
    unsigned count = ps_form_fields(&v->experiment, v->words, fields);
    switch (action) {
    case PS_DO_UP:
        v->field = v->field ? v->field - 1 : 0;
        v->complaint[0] = '\0';
        break;
    case PS_DO_DOWN:
        v->field = v->field + 1 < count ? v->field + 1 : v->field;
        v->complaint[0] = '\0';
        break;
    case PS_DO_LEFT:
        form_step(p, -1);
        break;
    case PS_DO_RIGHT:
        form_step(p, 1);
        break;
    case PS_DO_SELECT_FIELD:
        v->editing = false;
        v->field = (unsigned)argument < count ? (unsigned)argument : v->field;
        break;
    case PS_DO_BACK:
        v->form = false;
        break;
    default:
        break;
    }
}

/* A digit typed on a field begins to replace its value. */
static bool begins_edit(const struct ps_program *p, int key)
{
    const struct ps_start_view *v = &p->start;
    struct ps_form_field fields[PS_FORM_FIELDS_MAX];
    if (!v->form || v->editing)
        return false;
    unsigned count = ps_form_fields(&v->experiment, v->words, fields);
    if (v->field >= count || fields[v->field].choice)
        return false;
    bool workers = strcmp(fields[v->field].key, "engine.workers") == 0;
    return (key >= '0' && key <= '9') || key == '.' || key == PS_INPUT_BACKSPACE ||
           (workers && key == 'a');
}

static void edit_field(struct ps_program *p, int key)
{
    struct ps_start_view *v = &p->start;
    struct ps_form_field fields[PS_FORM_FIELDS_MAX];
    unsigned count = ps_form_fields(&v->experiment, v->words, fields);
    if (v->field >= count)
        return;
    const struct ps_form_field *field = &fields[v->field];
    if (!v->editing) {
        v->editing = true;
        snprintf(v->edit, sizeof v->edit, "%s", key == PS_INPUT_BACKSPACE ? field->value : "");
    }
    enum ps_edit result = ps_edit_key(v->edit, sizeof v->edit, key);
    v->complaint[0] = '\0';
    if (result == PS_EDIT_CANCEL) {
        v->editing = false;
        return;
    }
    /* Every key is validated; only Enter makes it the value. */
    struct ps_experiment candidate = v->experiment;
    bool good =
        ps_form_set(&candidate, v->words, field->key, v->edit, v->complaint, sizeof v->complaint);
    if (result == PS_EDIT_ACCEPT && good) {
        v->experiment = candidate;
        v->changed = true;
        v->editing = false;
    }
}

/* ---- typing ---- */

static bool types(const struct ps_program *p)
{
    return p->start.searching || p->start.editing;
}

static void type_filter(struct ps_program *p, int key)
{
    struct ps_start_view *v = &p->start;
    if (key == PS_INPUT_UP || key == PS_INPUT_DOWN) {
        list_action(p, key == PS_INPUT_UP ? PS_DO_UP : PS_DO_DOWN, 0);
        return;
    }
    enum ps_edit result = ps_edit_key(v->filter, sizeof v->filter, key);
    if (result == PS_EDIT_CANCEL)
        v->filter[0] = '\0';
    if (result == PS_EDIT_CHANGED)
        v->selected = 0;
    if (result == PS_EDIT_ACCEPT || result == PS_EDIT_CANCEL)
        v->searching = false;
    if (result != PS_EDIT_NONE && result != PS_EDIT_ACCEPT)
        ps_program_select(p);
}

static bool type(struct ps_program *p, int key)
{
    struct ps_start_view *v = &p->start;
    if (v->searching) {
        type_filter(p, key);
        return true;
    }
    bool leaves = v->editing && (key == PS_INPUT_UP || key == PS_INPUT_DOWN || key == PS_INPUT_TAB);
    if (leaves) {
        edit_field(p, PS_INPUT_ENTER);
        if (v->editing)
            return true; /* not a value: stay */
        if (key == PS_INPUT_TAB)
            v->form = false;
        else
            form_action(p, key == PS_INPUT_UP ? PS_DO_UP : PS_DO_DOWN, 0);
        return true;
    }
    bool edits = v->editing || begins_edit(p, key);
    if (edits)
        edit_field(p, key);
    return edits;
}

/* ---- actions ---- */

/* A text of another form than a lesson's is shown as it is. */
void ps_program_lesson(struct ps_program *p, const struct ps_preset *preset)
{
    char *text = NULL;
    if (!preset || ps_preset_lesson(preset, &text) != PS_OK) {
        ps_program_say(p, PS_STYLE_NOTE, "this preset has no lesson text");
        return;
    }
    if (preset->valid && ps_program_lesson_open(p, preset)) {
        free(text);
        return;
    }
    ps_program_open(p, PS_OVERLAY_TEXT, preset->valid ? preset->experiment.title : preset->name);
    p->overlay_text = text;
    p->overlay.text = text;
}

static void ask_name(struct ps_program *p)
{
    const struct ps_preset *preset = ps_start_selected(&p->start);
    ps_program_open(p, PS_OVERLAY_PROMPT, "Save as a preset of your own: name");
    p->prompt = PS_PROMPT_SAVE;
    snprintf(p->overlay.input, sizeof p->overlay.input, "my-%s", preset ? preset->name : "preset");
}

void ps_program_save(struct ps_program *p)
{
    char path[600], name[PS_INPUT_BYTES];
    bool replace = p->prompt == PS_PROMPT_REPLACE;
    snprintf(name, sizeof name, "%s", p->overlay.input);
    enum ps_err err = ps_preset_save(&p->start.experiment, name, replace, path, sizeof path);
    if (err == PS_EEXIST) {
        snprintf(p->overlay.complaint, sizeof p->overlay.complaint,
                 "There is a preset of this name. Enter again replaces it.");
        p->prompt = PS_PROMPT_REPLACE;
        return;
    }
    if (err != PS_OK) {
        snprintf(p->overlay.complaint, sizeof p->overlay.complaint, "%s%s", ps_err_text(err),
                 err == PS_EINVAL ? ": letters, digits, - _ and . only" : "");
        return;
    }
    ps_program_close_overlay(p);
    struct ps_library fresh = {0};
    char why[200];
    if (ps_library_load(&fresh, p->options->words, why, sizeof why) == PS_OK) {
        ps_library_free(p->options->library);
        *p->options->library = fresh;
    }
    p->start.changed = false;
    ps_program_say(p, PS_STYLE_GOOD, "saved: %s", path);
}

static void act(struct ps_program *p, enum ps_action action, int argument)
{
    struct ps_start_view *v = &p->start;
    switch (action) {
    case PS_DO_ACCEPT:
        if (usable(p))
            ps_program_run_begin(p, &v->experiment, ps_start_selected(v)->name);
        break;
    case PS_DO_NEXT:
    case PS_DO_PREVIOUS:
        v->form = !v->form && usable(p);
        break;
    case PS_DO_COMPARE:
        ps_screen_go(p, &ps_screen_compare);
        break;
    case PS_DO_OPEN:
        ps_program_ask_recording(p);
        break;
    case PS_DO_TUNE:
        ps_screen_go(p, &ps_screen_tune);
        break;
    case PS_DO_SAVE:
        if (usable(p))
            ask_name(p);
        break;
    case PS_DO_LESSON:
        ps_program_lesson(p, ps_start_selected(v));
        break;
    case PS_DO_SELECT_FIELD:
        v->form = usable(p);
        form_action(p, action, argument);
        break;
    case PS_DO_SELECT_ITEM:
        list_action(p, action, argument);
        break;
    default:
        if (v->form)
            form_action(p, action, argument);
        else
            list_action(p, action, argument);
        break;
    }
}

static enum ps_place place(const struct ps_program *p)
{
    return p->start.form ? PS_AT_FORM : PS_AT_LIST;
}

static void draw(const struct ps_canvas *root, struct ps_program *p)
{
    struct ps_start_view *v = &p->start;
    const char *notice = ps_program_notice(p);
    snprintf(v->notice, sizeof v->notice, "%s", notice ? notice : "");
    v->notice_style = p->notice_style;
    v->overlay = &p->overlay;
    ps_start_screen_draw(root, v);
}

const struct ps_screen ps_screen_start = {
    .name = "start", .place = place, .action = act, .types = types, .type = type, .draw = draw};
