#include "ui/panels.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

unsigned ps_panels_shown(const struct ps_live_look *look, unsigned char into[PS_ORDER_MAX])
{
    if (look->panels) {
        memcpy(into, look->panel, look->panels);
        return look->panels;
    }
    unsigned count = 0;
    for (unsigned i = 0; ps_panels[i]; i++)
        if (look->picture || ps_panels[i] != &ps_widget_picture)
            into[count++] = (unsigned char)i;
    return count;
}

int ps_panels_place(const struct ps_live_look *look, unsigned panel)
{
    unsigned char shown[PS_ORDER_MAX];
    unsigned count = ps_panels_shown(look, shown);
    for (unsigned i = 0; i < count; i++)
        if (shown[i] == panel)
            return (int)i;
    return -1;
}

unsigned ps_panels_focus(const struct ps_live_look *look, unsigned panel)
{
    unsigned char shown[PS_ORDER_MAX];
    ps_panels_shown(look, shown);
    return ps_panels_place(look, panel) < 0 ? shown[0] : panel;
}

bool ps_panels_toggle(struct ps_live_look *look, unsigned panel)
{
    int place = ps_panels_place(look, panel);
    look->panels = ps_panels_shown(look, look->panel);
    if (place < 0) {
        look->panel[look->panels++] = (unsigned char)panel;
        return true;
    }
    if (look->panels == 1)
        return false;
    look->panels--;
    memmove(&look->panel[place], &look->panel[place + 1], look->panels - (unsigned)place);
    return true;
}

bool ps_panels_move(struct ps_live_look *look, unsigned panel, int direction)
{
    int place = ps_panels_place(look, panel), to = place + direction;
    unsigned char shown[PS_ORDER_MAX];
    unsigned count = ps_panels_shown(look, shown);
    if (place < 0 || to < 0 || to >= (int)count)
        return false;
    shown[place] = shown[to];
    shown[to] = (unsigned char)panel;
    memcpy(look->panel, shown, count);
    look->panels = count;
    return true;
}

static void add_word(char *into, size_t size, const char *word)
{
    size_t used = strlen(into);
    snprintf(into + used, size - used, "%s%s", used ? " " : "", word);
    for (char *p = into + used; *p; p++)
        *p = (char)tolower((unsigned char)*p);
}

const char *ps_panels_text(const struct ps_live_look *look, char *into, size_t size)
{
    into[0] = '\0';
    for (unsigned i = 0; i < look->panels; i++)
        add_word(into, size, ps_panels[look->panel[i]]->name);
    if (look->panels == 0)
        add_word(into, size, "auto");
    return into;
}

static int find(const char *word, size_t length)
{
    for (int i = 0; ps_panels[i]; i++)
        if (strlen(ps_panels[i]->name) == length &&
            strncasecmp(ps_panels[i]->name, word, length) == 0)
            return i;
    return -1;
}

bool ps_panels_parse(struct ps_live_look *look, const char *text, char *why, size_t why_size)
{
    struct ps_live_look next = *look;
    next.panels = 0;
    for (const char *p = text; strcmp(text, "auto") != 0 && *(p += strspn(p, " \t"));) {
        size_t length = strcspn(p, " \t");
        int panel = find(p, length);
        bool twice = panel >= 0 && memchr(next.panel, panel, next.panels);
        if (panel < 0 || twice) {
            snprintf(why, why_size,
                     "%s '%.*s'; allowed: auto, or some of:", twice ? "twice" : "there is no",
                     (int)length, p);
            for (unsigned i = 0; ps_panels[i]; i++)
                add_word(why, why_size, ps_panels[i]->name);
            return false;
        }
        next.panel[next.panels++] = (unsigned char)panel;
        p += length;
    }
    *look = next;
    return true;
}
