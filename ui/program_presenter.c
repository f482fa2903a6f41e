#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "ui/giants.h"
#include "ui/program.h"

#define PRESSED_NS (4 * (uint64_t)PS_NS_PER_S)

void ps_program_present(struct ps_program *p, bool on)
{
    struct ps_presenter *presenter = &p->presenter;
    if (presenter->on == on)
        return;
    presenter->on = on;
    presenter->pressed[0] = '\0';
    if (on)
        presenter->theme_before = p->theme;
    /* Without colour there is no lighter theme. */
    p->theme = !on                         ? presenter->theme_before
               : p->theme == PS_THEME_MONO ? PS_THEME_MONO
                                           : PS_THEME_LIGHT;
    ps_term_theme(p->term, p->theme);
    ps_program_say(p, PS_STYLE_NOTE, "presenter mode %s",
                   on ? "on; P ends it, F chooses its figures" : "off");
}

/* ---- which figures ---- */

static void figure_chosen(struct ps_program *p, const struct ps_menu_item *item);

static void open_figures(struct ps_program *p, unsigned selected)
{
    ps_program_open(p, PS_OVERLAY_MENU, "Giant figures: up to 3");
    p->choose = figure_chosen;
    for (unsigned i = 0; ps_giants[i].word; i++)
        ps_program_menu_add(p, (int)i, ps_giants_show(&p->run.view.look, i), ps_giants[i].label,
                            "");
    p->overlay.selected = selected;
}

/* The menu stays: Esc closes it. */
static void figure_chosen(struct ps_program *p, const struct ps_menu_item *item)
{
    const char *path = p->options->settings_path;
    char why[320];
    if (!ps_giants_toggle(&p->run.view.look, (unsigned)item->argument))
        ps_program_say(p, PS_STYLE_NOTE, "one figure is the least");
    p->settings.look = p->run.view.look;
    if (path && ps_settings_save(path, &p->settings, why, sizeof why) != PS_OK)
        ps_program_say(p, PS_STYLE_WARNING, "they hold until you quit: %s", why);
    open_figures(p, (unsigned)item->argument);
}

void ps_program_figures(struct ps_program *p)
{
    if (p->presenter.on)
        open_figures(p, 0);
    else
        ps_program_say(p, PS_STYLE_NOTE, "presenter mode has giant figures: P begins it");
}

/* ---- keys that were pressed ---- */

void ps_program_pressed(struct ps_program *p, const struct ps_binding *binding)
{
    struct ps_presenter *presenter = &p->presenter;
    uint64_t now = ps_now_ns();
    char one[32];
    if (!presenter->on)
        return;
    if (now > presenter->until_ns)
        presenter->pressed[0] = '\0';
    presenter->until_ns = now + PRESSED_NS;
    bool named = binding->label && *binding->label;
    snprintf(one, sizeof one, "%.12s%s%.16s", binding->name, named ? " " : "",
             named ? binding->label : "");
    size_t used = strlen(presenter->pressed), more = strlen(one);
    if (used + more + 4 > PS_PRESSED_BYTES)
        used = 0; /* the newest are what counts */
    snprintf(presenter->pressed + used, sizeof presenter->pressed - used, "%s%.31s",
             used ? "   " : "", one);
}

/* A key of the bar that would be seen in part, up to column `end`, goes: two blanks part them. */
static void clear_part(const struct ps_canvas *root, int end)
{
    const struct ps_canvas_cell *row = root->cells + (root->height - 1) * root->stride;
    int x = end;
    if (end < 1)
        return;
    while (x > 1 && (row[x - 1].code != ' ' || row[x - 2].code != ' '))
        x--;
    ps_canvas_fill(root, x, root->height - 1, end - x, 1, PS_STYLE_NORMAL, ' ');
}

void ps_program_draw_pressed(const struct ps_canvas *root, const struct ps_program *p)
{
    const struct ps_presenter *presenter = &p->presenter;
    if (!presenter->on || !presenter->pressed[0] || ps_now_ns() > presenter->until_ns)
        return;
    char text[PS_PRESSED_BYTES + 16];
    snprintf(text, sizeof text, "  pressed: %s  ", presenter->pressed);
    clear_part(root, root->width - ps_text_width(text));
    ps_canvas_right(root, root->width, root->height - 1, PS_STYLE_SELECTION, text);
}
