/* The options (F2): a menu of what can be chosen; a change holds at once and is kept in the file. */
#include <stdio.h>
#include <string.h>

#include "ui/keymap.h"
#include "ui/program.h"

enum { KEYS_ITEM = -1 };

/* "dark  [light]  mono" */
static void list_choices(char *into, size_t size, const struct ps_setting *setting, unsigned chosen)
{
    size_t used = 0;
    into[0] = '\0';
    for (unsigned i = 0; setting->choices[i] && used < size; i++)
        used += (size_t)snprintf(into + used, size - used, i == chosen ? "[%s] " : " %s  ",
                                 setting->choices[i]);
}

static void fill(struct ps_program *p)
{
    struct ps_overlay *o = &p->overlay;
    o->count = 0;
    for (int i = 0; ps_setting_table[i].key; i++) {
        const struct ps_setting *setting = &ps_setting_table[i];
        char choices[sizeof o->item[0].note];
        list_choices(choices, sizeof choices, setting, ps_setting_get(&p->settings, setting));
        ps_program_menu_add(p, i, false, setting->name, choices);
    }
    char keys[40];
    snprintf(keys, sizeof keys, " %u of your own", ps_keymap_count());
    ps_program_menu_add(p, KEYS_ITEM, false, "Keys", keys);
}

static void say_help(struct ps_program *p)
{
    int number = p->overlay.item[p->overlay.selected].argument;
    const char *path = p->options->settings_path;
    if (number == KEYS_ITEM)
        ps_program_say(p, PS_STYLE_NOTE, "[keys] action = key in %s; 'poolscope help options'",
                       path ? path : "the file of options");
    else
        ps_program_say(p, PS_STYLE_NOTE, "%s", ps_setting_table[number].help);
}

void ps_program_options(struct ps_program *p)
{
    ps_program_open(p, PS_OVERLAY_MENU, "Options: Left, Right change, Esc closes");
    p->overlay.place = PS_AT_OPTIONS;
    fill(p);
    p->overlay.selected = 0;
    say_help(p);
}

void ps_program_apply(struct ps_program *p)
{
    const struct ps_settings *s = &p->settings;
    p->canvas->ascii = s->ascii || !ps_term_unicode(p->term);
    p->run.view.fps = s->reduced_motion ? 1 : s->fps;
    p->run.view.look.panels = s->look.panels;
    memcpy(p->run.view.look.panel, s->look.panel, sizeof s->look.panel);
    p->run.view.look.giants = s->look.giants;
    memcpy(p->run.view.look.giant, s->look.giant, sizeof s->look.giant);
    ps_term_colours(p->term, s->colours);
    ps_term_mouse(p->term, !s->no_mouse, !s->no_hover);
    if (s->no_mouse || s->no_hover)
        p->pointer.moved_ns = 0;
    if (p->theme != s->theme) {
        p->theme = s->theme;
        ps_term_theme(p->term, p->theme);
    }
}

static void change(struct ps_program *p, int direction)
{
    int number = p->overlay.item[p->overlay.selected].argument;
    char why[320];
    if (number == KEYS_ITEM) {
        say_help(p);
        return;
    }
    const struct ps_setting *setting = &ps_setting_table[number];
    unsigned count = 1, now = ps_setting_get(&p->settings, setting);
    while (setting->choices[count])
        count++;
    ps_setting_set(&p->settings, setting, (now + count + (unsigned)direction) % count);
    ps_program_apply(p);
    fill(p);
    say_help(p);
    if (p->options->settings_path &&
        ps_settings_save(p->options->settings_path, &p->settings, why, sizeof why) != PS_OK)
        ps_program_say(p, PS_STYLE_WARNING, "it holds until you quit: %s", why);
}

void ps_program_options_action(struct ps_program *p, enum ps_action action, int argument)
{
    struct ps_overlay *o = &p->overlay;
    unsigned last = o->count - 1;
    switch (action) {
    case PS_DO_UP:
        o->selected = o->selected ? o->selected - 1 : last;
        break;
    case PS_DO_DOWN:
        o->selected = o->selected < last ? o->selected + 1 : 0;
        break;
    case PS_DO_FIRST:
    case PS_DO_PAGE_UP:
        o->selected = 0;
        break;
    case PS_DO_LAST:
    case PS_DO_PAGE_DOWN:
        o->selected = last;
        break;
    case PS_DO_SELECT_ITEM:
        if ((unsigned)argument <= last)
            o->selected = (unsigned)argument;
        change(p, 1);
        return;
    case PS_DO_LEFT:
        change(p, -1);
        return;
    case PS_DO_RIGHT:
    case PS_DO_ACCEPT:
        change(p, 1);
        return;
    default:
        ps_program_close_overlay(p);
        if (p->notice_style != PS_STYLE_WARNING)
            p->notice_until_ns = 0; /* it was about an option */
        return;
    }
    say_help(p);
}
