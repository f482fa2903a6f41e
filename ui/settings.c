#include "ui/settings.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/library.h"
#include "ui/giants.h"
#include "ui/keymap.h"
#include "ui/panels.h"

#define FILE_NAME  "poolscope.conf"
#define BYTES_MAX  65536u
#define KEYS_MAX   64u
#define LINE_BYTES 128u

const struct ps_settings ps_settings_standard = {.theme = PS_THEME_DARK, .fps = PS_FPS_STANDARD};

/* ---- the table ---- */

static const char *const themes[] = {"dark", "light", "mono", NULL};
static const char *const rates[] = {"1", "2", "5", "10", "20", "30", "60", NULL};
static const char *const characters[] = {"auto", "ascii", NULL};
static const char *const on_off[] = {"on", "off", NULL};
static const char *const hovers[] = {"on", "off", NULL};
static const char *const motions[] = {"full", "reduced", NULL};
static const char *const orders[] = {"auto", "own", NULL};
static const char *const giants[] = {"auto", "own", NULL};
static const char *const colours[] = {"auto", "256", "16", "8", NULL};

const struct ps_setting ps_setting_table[] = {
    {"theme", "Theme", "dark, light (projector) or without colours", themes},
    {"fps", "Frames a second", "fewer for slow lines", rates},
    {"characters", "Characters", "ascii where the font lacks blocks and braille", characters},
    {"mouse", "Mouse", "off leaves it to the terminal", on_off},
    {"hover", "Under the mouse", "exact figures of what the mouse is over; off: of a click",
     hovers},
    {"motion", "Motion", "reduced: the screen changes once a second", motions},
    {"colours", "Colours", "at most so many; auto: what the terminal has", colours},
    {"panels", "Panels", "auto, or in the order of your own: key p", orders},
    {"figures", "Giant figures", "of presenter mode: auto, or your own: key F", giants},
    {NULL, NULL, NULL, NULL},
};

/* Any number of frames may be in the file, the list has some. */
static unsigned nearest_rate(unsigned fps)
{
    unsigned best = 0;
    for (unsigned i = 0; rates[i]; i++)
        if (strtoul(rates[i], NULL, 10) <= fps)
            best = i;
    return best;
}

static unsigned index_of(const char *const *choices, unsigned long number)
{
    for (unsigned i = 0; choices[i]; i++)
        if (strtoul(choices[i], NULL, 10) == number)
            return i;
    return 0;
}

unsigned ps_setting_get(const struct ps_settings *s, const struct ps_setting *setting)
{
    if (setting->choices == themes)
        return (unsigned)s->theme;
    if (setting->choices == rates)
        return nearest_rate(s->fps);
    if (setting->choices == characters)
        return s->ascii;
    if (setting->choices == on_off)
        return s->no_mouse;
    if (setting->choices == hovers)
        return s->no_hover;
    if (setting->choices == motions)
        return s->reduced_motion;
    if (setting->choices == orders)
        return s->look.panels > 0;
    if (setting->choices == giants)
        return s->look.giants > 0;
    return index_of(colours, s->colours);
}

void ps_setting_set(struct ps_settings *s, const struct ps_setting *setting, unsigned choice)
{
    if (setting->choices == themes)
        s->theme = (enum ps_theme)choice;
    else if (setting->choices == rates)
        s->fps = (unsigned)strtoul(rates[choice], NULL, 10);
    else if (setting->choices == characters)
        s->ascii = choice == 1;
    else if (setting->choices == on_off)
        s->no_mouse = choice == 1;
    else if (setting->choices == hovers)
        s->no_hover = choice == 1;
    else if (setting->choices == motions)
        s->reduced_motion = choice == 1;
    else if (setting->choices == orders)
        s->look.panels = choice == 1 ? s->look.panels : 0; /* those of its own come from key p */
    else if (setting->choices == giants)
        s->look.giants = choice == 1 ? s->look.giants : 0; /* those of its own come from key F */
    else
        s->colours = (unsigned)strtoul(colours[choice], NULL, 10);
}

static const struct ps_setting *find_setting(const char *key)
{
    for (const struct ps_setting *s = ps_setting_table; s->key; s++)
        if (strcmp(s->key, key) == 0)
            return s;
    return NULL;
}

void ps_setting_text(const struct ps_settings *s, const struct ps_setting *setting, char *into,
                     size_t size)
{
    if (setting->choices == rates)
        snprintf(into, size, "%u", s->fps);
    else if (setting->choices == orders)
        ps_panels_text(&s->look, into, size);
    else if (setting->choices == giants)
        ps_giants_text(&s->look, into, size);
    else
        snprintf(into, size, "%s", setting->choices[ps_setting_get(s, setting)]);
}

bool ps_settings_path(char *into, size_t size)
{
    if (!ps_own_folder(into, size))
        return false;
    char *slash = strrchr(into, '/'); /* before "presets" */
    size_t room = size - (size_t)(slash + 1 - into);
    return snprintf(slash + 1, room, FILE_NAME) < (int)room;
}

/* ---- reading ---- */

struct reader {
    const char *at, *path;
    unsigned line;
    struct ps_settings settings;
    struct ps_complaints *complaints;
    unsigned failed;
    char seen[KEYS_MAX][48]; /* "section.key" */
    unsigned seen_line[KEYS_MAX];
    unsigned seen_count;
};

static void complain(struct reader *r, unsigned line, const char *key, const char *value,
                     const char *text)
{
    r->failed++;
    if (r->complaints->count == sizeof r->complaints->list / sizeof r->complaints->list[0])
        return;
    struct ps_complaint *c = &r->complaints->list[r->complaints->count++];
    *c = (struct ps_complaint){.line = line};
    ps_text_clean(c->file, sizeof c->file, r->path);
    ps_text_clean(c->key, sizeof c->key, key);
    ps_text_clean(c->value, sizeof c->value, value ? value : "");
    ps_text_clean(c->text, sizeof c->text, text);
}

/* inih takes its lines from here, so that the number of the line at hand is known. A line that does
 * not fit is an error of its own and reads as a comment. */
static char *give_line(char *into, int size, void *from)
{
    struct reader *r = from;
    size_t length = strcspn(r->at, "\n");
    if (*r->at == '\0')
        return NULL;
    r->line++;
    bool fits = length < LINE_BYTES && length + 2 < (size_t)size;
    if (!fits)
        complain(r, r->line, "", NULL, "the line is too long");
    snprintf(into, (size_t)size, "%.*s\n", fits ? (int)length : 0, r->at);
    r->at += length + (r->at[length] == '\n');
    return into;
}

static bool is_new(struct reader *r, const char *section, const char *key, const char *value)
{
    char full[48], text[64];
    snprintf(full, sizeof full, "%.15s.%.30s", section, key);
    for (unsigned i = 0; i < r->seen_count; i++) {
        if (strcmp(r->seen[i], full) != 0)
            continue;
        snprintf(text, sizeof text, "it is there already in line %u", r->seen_line[i]);
        complain(r, r->line, full, value, text);
        return false;
    }
    if (r->seen_count < KEYS_MAX) {
        memcpy(r->seen[r->seen_count], full, sizeof full);
        r->seen_line[r->seen_count++] = r->line;
    }
    return true;
}

static unsigned line_of(const struct reader *r, const char *full)
{
    for (unsigned i = 0; i < r->seen_count; i++)
        if (strcmp(r->seen[i], full) == 0)
            return r->seen_line[i];
    return 0;
}

static void take_setting(struct reader *r, const char *key, const char *value)
{
    char full[64], text[160] = "allowed:";
    uint64_t fps;
    const struct ps_setting *setting = find_setting(key);
    snprintf(full, sizeof full, "screen.%.40s", key);
    if (!setting) {
        for (const struct ps_setting *s = ps_setting_table; s->key; s++)
            snprintf(text + strlen(text), sizeof text - strlen(text), " %s", s->key);
        complain(r, r->line, full, value, text);
        return;
    }
    if (setting->choices == rates) {
        if (ps_parse_u64(value, 1, PS_FPS_MAX, &fps))
            r->settings.fps = (unsigned)fps;
        else
            complain(r, r->line, full, value, "allowed: 1..60");
        return;
    }
    if (setting->choices == orders) {
        if (!ps_panels_parse(&r->settings.look, value, text, sizeof text))
            complain(r, r->line, full, value, text);
        return;
    }
    if (setting->choices == giants) {
        if (!ps_giants_parse(&r->settings.look, value, text, sizeof text))
            complain(r, r->line, full, value, text);
        return;
    }
    for (unsigned i = 0; setting->choices[i]; i++) {
        if (strcmp(setting->choices[i], value) == 0) {
            ps_setting_set(&r->settings, setting, i);
            return;
        }
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s %s", i ? "," : "",
                 setting->choices[i]);
    }
    complain(r, r->line, full, value, text);
}

static int take_value(void *user, const char *section, const char *key, const char *value)
{
    struct reader *r = user;
    char why[200], full[64];
    if (!is_new(r, section, key, value))
        return 1;
    if (strcmp(section, "screen") == 0) {
        take_setting(r, key, value);
    } else if (strcmp(section, "keys") == 0) {
        snprintf(full, sizeof full, "keys.%.40s", key);
        if (!ps_keymap_set(key, value, why, sizeof why))
            complain(r, r->line, full, value, why);
    } else {
        snprintf(full, sizeof full, "%.20s.%.40s", section, key);
        complain(r, r->line, full, value, "allowed sections: [screen] [keys]");
    }
    return 1;
}

enum ps_err ps_settings_slurp(const char *path, char **text)
{
    *text = NULL;
    FILE *from = fopen(path, "re");
    if (!from)
        return errno == ENOENT || errno == ENOTDIR ? PS_ENOENT : PS_EIO;
    char *bytes = calloc(1, BYTES_MAX + 1);
    size_t size = bytes ? fread(bytes, 1, BYTES_MAX, from) : 0;
    bool whole = bytes && !ferror(from) && feof(from) && ps_utf8_valid(bytes, size);
    fclose(from);
    if (whole) {
        *text = bytes;
        return PS_OK;
    }
    free(bytes);
    return bytes ? PS_EIO : PS_ENOMEM;
}

static void parse(struct reader *r)
{
    const char *action;
    char why[200], full[64];
    int line = ini_parse_stream(give_line, r, take_value, r);
    if (line > 0 && r->failed == 0)
        complain(r, (unsigned)line, "", NULL, "allowed: [section], key = value, ; comment");
    if (r->failed == 0 && !ps_keymap_check(&action, why, sizeof why)) {
        snprintf(full, sizeof full, "keys.%s", action);
        complain(r, line_of(r, full), full, NULL, why);
    }
}

enum ps_err ps_settings_load(const char *path, struct ps_settings *settings,
                             struct ps_complaints *complaints)
{
    char *text;
    struct reader *r = calloc(1, sizeof *r);
    if (!r)
        return PS_ENOMEM;
    *r = (struct reader){.path = path, .settings = *settings, .complaints = complaints};
    enum ps_err err = ps_settings_slurp(path, &text);
    if (err == PS_OK) {
        r->at = text;
        parse(r);
        err = r->failed ? PS_EPARSE : PS_OK;
    } else if (err != PS_ENOENT) {
        complain(r, 0, "", NULL,
                 err == PS_ENOMEM ? ps_err_text(err)
                                  : "cannot be read, or is no text of at most 64 KiB");
    }
    if (err == PS_OK)
        *settings = r->settings;
    else
        ps_keymap_reset();
    free(text);
    free(r);
    return err == PS_ENOENT ? PS_OK : err;
}
