#include "ui/keymap.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ui/keys.h"

#define BINDINGS_MAX 200u
#define NAME_BYTES   8u

static const struct action {
    const char *name;
    enum ps_action action;
    int argument;
} actions[] = {
    {"command", PS_DO_CONSOLE, 0},
    {"compare", PS_DO_COMPARE, 0},
    {"details", PS_DO_DETAIL, 0},
    {"diagnosis", PS_DO_DIAGNOSIS, 0},
    {"engine", PS_DO_ENGINE, 0},
    {"event_before", PS_DO_LANDMARK, 0},
    {"event_next", PS_DO_LANDMARK, 1},
    {"export", PS_DO_EXPORT, 0},
    {"faster", PS_DO_FASTER, 0},
    {"fault", PS_DO_FAULT, 0},
    {"figures", PS_DO_FIGURES, 0},
    {"filter", PS_DO_FILTER, 0},
    {"freeze", PS_DO_FREEZE, 0},
    {"goal", PS_DO_GOAL, 0},
    {"help", PS_DO_HELP, 0},
    {"lesson", PS_DO_LESSON, 0},
    {"load_less", PS_DO_LOAD_LESS, 0},
    {"load_more", PS_DO_LOAD_MORE, 0},
    {"mark_a", PS_DO_MARK, 0},
    {"mark_b", PS_DO_MARK, 1},
    {"mix", PS_DO_MIX, 0},
    {"more", PS_DO_MORE, 0},
    {"open", PS_DO_OPEN, 0},
    {"options", PS_DO_OPTIONS, 0},
    {"panels", PS_DO_PANELS, 0},
    {"pause", PS_DO_PAUSE, 0},
    {"presenter", PS_DO_PRESENT, 0},
    {"quit", PS_DO_QUIT, 0},
    {"race", PS_DO_RACE, 0},
    {"record", PS_DO_RECORD, 0},
    {"restart", PS_DO_RESTART, 0},
    {"save", PS_DO_SAVE, 0},
    {"screenshot", PS_DO_SCREENSHOT, 0},
    {"search", PS_DO_SEARCH, 0},
    {"settings", PS_DO_MATCH, 0},
    {"slower", PS_DO_SLOWER, 0},
    {"stealing", PS_DO_STEALING, 0},
    {"step", PS_DO_STEP, 0},
    {"step_back", PS_DO_STEP_BACK, 0},
    {"theme", PS_DO_THEME, 0},
    {"time_longer", PS_DO_SPAN_LONGER, 0},
    {"time_shorter", PS_DO_SPAN_SHORTER, 0},
    {"trigger", PS_DO_TRIGGER, 0},
    {"tune", PS_DO_TUNE, 0},
    {"why", PS_DO_WHY, 0},
    {"workers_less", PS_DO_WORKERS_LESS, 0},
    {"workers_more", PS_DO_WORKERS_MORE, 0},
    {"zoom", PS_DO_ZOOM, 0},
};
#define ACTIONS (sizeof actions / sizeof actions[0])

static const struct {
    const char *name, *shown;
    int key;
} named[] = {{"space", "Space", ' '},
             {"F1", "F1", PS_INPUT_F1},
             {"F2", "F2", PS_INPUT_F2},
             {"F10", "F10", PS_INPUT_F10}};

/* The table as it was changed; empty: it was not. */
static struct ps_binding changed[BINDINGS_MAX];
static char shown[ACTIONS][NAME_BYTES]; /* the names of the keys that were given; "": none */

static const struct action *action_of(const struct ps_binding *binding)
{
    for (size_t i = 0; i < ACTIONS; i++)
        if (actions[i].action == binding->action && actions[i].argument == binding->argument)
            return &actions[i];
    return NULL;
}

const char *ps_keymap_action(unsigned index)
{
    return index < ACTIONS ? actions[index].name : NULL;
}

const struct ps_binding *ps_keymap_binding(unsigned index)
{
    const struct ps_binding *b = ps_bindings_standard;
    while (b->action != PS_DO_NOTHING && action_of(b) != &actions[index])
        b++;
    return b;
}

unsigned ps_keymap_count(void)
{
    unsigned count = 0;
    for (size_t i = 0; i < ACTIONS; i++)
        count += shown[i][0] != '\0';
    return count;
}

void ps_keymap_reset(void)
{
    memset(shown, 0, sizeof shown);
    ps_bindings = ps_bindings_standard;
}

/* ---- one key ---- */

static bool key_of(const char *text, int *key, char name[NAME_BYTES])
{
    for (size_t i = 0; i < sizeof named / sizeof named[0]; i++) {
        if (strcmp(text, named[i].name) == 0) {
            *key = named[i].key;
            snprintf(name, NAME_BYTES, "%s", named[i].shown);
            return true;
        }
    }
    uint32_t code = 0;
    size_t used = ps_utf8_next(text, &code);
    if (used == 0 || text[used] != '\0' || code <= ' ' || code == 0xfffd ||
        ps_char_width(code) != 1)
        return false;
    *key = (int)code;
    snprintf(name, NAME_BYTES, "%s", text);
    return true;
}

static const struct action *find(const char *name, char *why, size_t why_size)
{
    const char *names[ACTIONS + 1] = {NULL};
    for (size_t i = 0; i < ACTIONS; i++) {
        names[i] = actions[i].name;
        if (strcmp(names[i], name) == 0)
            return &actions[i];
    }
    const char *near = ps_suggest(name, names);
    snprintf(why, why_size, "there is no such action%s%s%s; 'poolscope help options' lists them",
             near ? "; did you mean '" : "", near ? near : "", near ? "'" : "");
    return NULL;
}

static bool copy_table(void)
{
    if (ps_bindings == changed)
        return true;
    size_t count = 0;
    while (ps_bindings_standard[count].action != PS_DO_NOTHING)
        count++;
    if (count >= BINDINGS_MAX)
        return false;
    memcpy(changed, ps_bindings_standard, (count + 1) * sizeof changed[0]);
    ps_bindings = changed;
    return true;
}

bool ps_keymap_set(const char *name, const char *text, char *why, size_t why_size)
{
    int key;
    char key_name[NAME_BYTES];
    const struct action *action = find(name, why, why_size);
    if (!action)
        return false;
    if (!key_of(text, &key, key_name)) {
        snprintf(why, why_size, "allowed: one character, space, F1, F2, F10");
        return false;
    }
    if (key < 0x80 && strchr("hjkl", key)) {
        snprintf(why, why_size, "h, j, k and l only move");
        return false;
    }
    if (!copy_table()) {
        snprintf(why, why_size, "there are too many keys to change any");
        return false;
    }
    char *kept = shown[action - actions];
    memcpy(kept, key_name, NAME_BYTES);
    for (struct ps_binding *b = changed; b->action != PS_DO_NOTHING; b++) {
        if (action_of(b) == action) {
            b->keys[0] = key;
            b->name = kept;
        }
    }
    return true;
}

/* ---- all keys ---- */

static bool same_key(const struct ps_binding *a, const struct ps_binding *b)
{
    for (unsigned i = 0; i < PS_BINDING_KEYS; i++)
        for (unsigned j = 0; j < PS_BINDING_KEYS; j++)
            if (a->keys[i] && a->keys[i] == b->keys[j])
                return true;
    return false;
}

/* Whether this one was given its key. */
static bool is_given(const struct ps_binding *b)
{
    const struct action *action = action_of(b);
    return action && shown[action - actions][0];
}

bool ps_keymap_check(const char **action, char *why, size_t why_size)
{
    if (ps_bindings != changed)
        return true;
    for (const struct ps_binding *a = changed; a->action != PS_DO_NOTHING; a++) {
        for (const struct ps_binding *b = changed; b->action != PS_DO_NOTHING; b++) {
            if (a == b || !is_given(a) || !(a->places & b->places) || !same_key(a, b))
                continue;
            const struct action *other = action_of(b);
            *action = action_of(a)->name;
            snprintf(why, why_size, "at the same place this is the key of %s",
                     other     ? other->name
                     : b->help ? b->help
                               : b->name);
            return false;
        }
    }
    return true;
}
