#include "ui/panels.h"

#include <string.h>

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
